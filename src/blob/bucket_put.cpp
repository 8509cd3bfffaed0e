// Storing a file in a bucket, as a whole or in parts.
#include <algorithm>

#include "base/base64.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "blob/bucket.hpp"

namespace sitepod::blob {
namespace {

constexpr std::uint64_t kMostParts = 10'000;
constexpr std::uint64_t kMebibyte = 1u << 20;
constexpr std::size_t kHashedAtOnce = 256 * 1024;
// The bucket puts the parts together before it answers.
constexpr std::chrono::seconds kFinishStall{60};

// A piece of a file as the body of an order, from its beginning at every try.
void read_from(S3Order& order, int fd, std::uint64_t offset, std::uint64_t size) {
  const auto sent = std::make_shared<std::uint64_t>(0);
  order.read_body_size = size;
  order.on_try = [sent]() -> Result<void> {
    *sent = 0;
    return {};
  };
  order.read_body = [sent, fd, offset, size](std::span<std::byte> out) -> Result<std::size_t> {
    const auto wanted = out.first(std::min<std::uint64_t>(out.size(), size - *sent));
    const std::size_t count = SITEPOD_TRY(read_at(fd, wanted, offset + *sent));
    *sent += count;
    return count;
  };
}

Result<Digest> hash_piece(int fd, std::uint64_t offset, std::uint64_t size, Sha256& whole) {
  Sha256 hasher;
  std::vector<std::byte> piece(kHashedAtOnce);
  while (size > 0) {
    const auto wanted = std::span(piece).first(std::min<std::uint64_t>(piece.size(), size));
    const std::size_t count = SITEPOD_TRY(read_at(fd, wanted, offset));
    if (count == 0) return internal("a file has become shorter while it was sent");
    hasher.update(std::span<const std::byte>(wanted).first(count));
    whole.update(std::span<const std::byte>(wanted).first(count));
    offset += count;
    size -= count;
  }
  return hasher.finish();
}

Error unexpected(const std::string& what, const http::ClientResponse& answer) {
  const S3Problem problem = parse_s3_problem(answer.body);
  return unavailable("The storage of files cannot be used; the operator finds the cause in the server's log.")
      .with(what + ": status " + std::to_string(answer.status) + " " + problem.code + " " + problem.message);
}

}  // namespace

Result<void> Bucket::put_whole(const std::string& key, int fd, std::uint64_t size, const Digest& hash) {
  S3Order order{.method = "PUT", .key = key, .patience = S3Order::Patience::Write};
  order.fields = {{"content-type", "application/octet-stream"}, {"x-amz-checksum-sha256", to_base64(hash.bytes)}};
  order.payload_hash = hash.hex();
  if (size > 0) read_from(order, fd, 0, size);
  const http::ClientResponse answer = SITEPOD_TRY(send(order));
  if (answer.status == 404) return unexpected("PUT " + key, answer);
  return {};
}

Result<void> Bucket::put_parts(const std::string& key, int fd, std::uint64_t size, const Digest& hash) {
  const S3Order begin{.method = "POST", .key = key, .query = {{"uploads", ""}}, .patience = S3Order::Patience::Write};
  const http::ClientResponse begun = SITEPOD_TRY(send(begin));
  const auto upload = parse_s3_upload_id(begun.body);
  if (!upload) return unexpected("POST " + key + "?uploads", begun);

  const auto send_all = [&]() -> Result<void> {
    const std::uint64_t least = (size / kMostParts / kMebibyte + 1) * kMebibyte;
    const std::uint64_t part_bytes = std::max(settings().part_bytes, least);
    Sha256 whole;
    std::string parts;
    for (std::uint64_t offset = 0; offset < size; offset += part_bytes) {
      const std::size_t number = offset / part_bytes + 1;
      const std::string etag =
          SITEPOD_TRY(put_part(key, *upload, fd, number, offset, std::min(part_bytes, size - offset), whole));
      parts += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + etag + "</ETag></Part>";
    }
    // The bucket knows the parts' hashes only.
    if (whole.finish() != hash) return internal("blob " + hash.hex() + " is damaged: its bytes do not have its hash");
    return finish_parts(key, *upload, parts);
  };
  Result<void> sent = send_all();
  if (sent.ok()) return sent;
  // Parts that nobody puts together cost money until somebody removes them.
  if (auto aborted = send({.method = "DELETE", .key = key, .query = {{"uploadId", *upload}}}); !aborted.ok())
    log::warn("an upload in parts could not be taken back; a rule of the bucket should end such uploads",
              {{"object", key}, {"cause", aborted.error().context}});
  return sent;
}

Result<std::string> Bucket::put_part(const std::string& key, const std::string& upload, int fd, std::size_t number,
                                     std::uint64_t offset, std::uint64_t size, Sha256& whole) {
  S3Order order{.method = "PUT", .key = key, .patience = S3Order::Patience::Write};
  order.query = {{"partNumber", std::to_string(number)}, {"uploadId", upload}};
  order.payload_hash = SITEPOD_TRY(hash_piece(fd, offset, size, whole)).hex();
  read_from(order, fd, offset, size);
  const http::ClientResponse answer = SITEPOD_TRY(send(order));
  const std::string etag(answer.field("etag"));
  if (answer.status == 404 || etag.empty() || etag.find_first_of("<>&") != std::string::npos)
    return unexpected("part " + order.query.front().second + " of " + key, answer);
  return etag;
}

Result<void> Bucket::finish_parts(const std::string& key, const std::string& upload, const std::string& parts) {
  S3Order order{.method = "POST", .key = key, .query = {{"uploadId", upload}}, .patience = S3Order::Patience::Write};
  order.body = "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>";
  order.stall = kFinishStall;
  const http::ClientResponse answer = SITEPOD_TRY(send(order));
  // It may fail after the status was sent.
  if (answer.status == 404 || !parse_s3_problem(answer.body).code.empty())
    return unexpected("finishing " + key, answer);
  return {};
}

}  // namespace sitepod::blob
