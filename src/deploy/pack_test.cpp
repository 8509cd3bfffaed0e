#include <cstdio>

#include "deploy/compress.hpp"
#include "deploy/deploy_fixture.hpp"

namespace sitepod::deploy {
namespace {

struct Member {
  std::string name;
  std::string content;
  std::string link;  // a symbolic link when not empty
};

void put_octal(std::string& header, std::size_t offset, std::size_t width, std::uint64_t number) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%0*llo", static_cast<int>(width - 1), static_cast<unsigned long long>(number));
  header.replace(offset, width - 1, digits, width - 1);
}

// One ustar header (POSIX.1-1988): the names' bytes as they are.
std::string header_of(const Member& member) {
  std::string header(512, '\0');
  header.replace(0, member.name.size(), member.name);
  put_octal(header, 100, 8, 0644);
  put_octal(header, 108, 8, 0);
  put_octal(header, 116, 8, 0);
  put_octal(header, 124, 12, member.content.size());
  put_octal(header, 136, 12, 0);
  header.replace(148, 8, "        ");
  header[156] = member.name.ends_with('/') ? '5' : member.link.empty() ? '0' : '2';
  header.replace(157, member.link.size(), member.link);
  header.replace(257, 8, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put_octal(header, 148, 7, sum);
  header[154] = '\0';
  return header;
}

std::string tar_of(const std::vector<Member>& members) {
  std::string out;
  for (const Member& member : members) {
    out += header_of(member) + member.content;
    out.append((512 - member.content.size() % 512) % 512, '\0');
  }
  return out + std::string(1024, '\0');
}

class Packs : public Deploys {
 protected:
  const Files files_{{"index.html", "<h1>hi</h1>"}, {"sub/ü.css", "body{}"}, {"copy.html", "<h1>hi</h1>"}};
  Result<StoredPack> send(const std::string& plan_id, std::string archive, bool breaks = false) {
    return deployer_->upload_pack(owner_, plan_id, body_of(std::move(archive), breaks), kStart);
  }
};

TEST_F(Packs, CarryMissingBlobsByHashOrPathInEveryFilter) {
  int round = 0;
  const auto plain = [](const std::string& archive) { return archive; };
  const auto gzip = [](const std::string& archive) { return compress(Encoding::Gzip, archive).value(); };
  const auto zstd = [](const std::string& archive) { return compress(Encoding::Zstd, archive).value(); };
  for (const auto& filter : std::vector<std::function<std::string(const std::string&)>>{plain, gzip, zstd}) {
    const std::string text = "round " + std::to_string(round++);
    const std::string id = plan("site", {{"a b.html", text}, {"sub/ü.css", text + "css"}})->plan_id;
    const std::string archive =
        filter(tar_of({{"sub/", "", ""}, {sha256(text).hex(), text, ""}, {"./sub/ü.css", text + "css", ""}}));
    const StoredPack pack = send(id, archive).value();
    EXPECT_EQ(pack.stored, 2u);
    EXPECT_TRUE(pack.missing.empty());
    EXPECT_EQ(send(id, archive)->stored, 2u) << "again is fine";
    EXPECT_TRUE(commit(id)->missing.empty());
  }
}

TEST_F(Packs, TellWhatIsStillMissing) {
  const std::string id = plan("site", files_)->plan_id;
  EXPECT_EQ(send(id, tar_of({{"index.html", "<h1>hi</h1>", ""}}))->missing, std::vector<Digest>{sha256("body{}")});
}

TEST_F(Packs, KeepWhatCameBeforeAFault) {
  const std::string good = "<h1>hi</h1>";
  const std::string archives[] = {
      tar_of({{"index.html", good, ""}, {"unknown.html", "x", ""}}),
      tar_of({{"index.html", good, ""}, {"sub/ü.css", "wrong!", ""}}),
      tar_of({{"index.html", good, ""}, {"sub/ü.css", "", "/etc/passwd"}}),
  };
  for (const std::string& archive : archives) {
    const std::string id = plan("site" + random_base36(4), files_)->plan_id;
    EXPECT_FALSE(send(id, archive).ok());
    EXPECT_EQ(commit(id)->missing, std::vector<Digest>{sha256("body{}")});
  }
}

TEST_F(Packs, AnArchiveWhoseGuardFailsMakesNoImage) {
  const std::string live = deploy("site", {{"index.html", "1"}});
  ASSERT_TRUE(release("site", live).ok());
  const std::string other = deploy("site", {{"index.html", "2"}});
  const std::string archive = tar_of({{"index.html", "3", ""}});
  const auto send_guarded = [&](const std::string& project, const std::string& expected, const ReadBody& body) {
    ArchiveRequest request;
    request.release = {{project, ""}, "prod", "", expected, {}};
    return deployer_->commit_archive(owner_, request, body, kStart);
  };
  const ReadBody unread = [](std::span<std::byte>) -> Result<std::size_t> { return internal("it was read"); };
  EXPECT_EQ(code_of(send_guarded("site", "img_other", unread)), "conflict");
  EXPECT_EQ(code_of(send_guarded("new", "img_other", unread)), "conflict");
  EXPECT_EQ(code_of(deployer_->load_project(owner_, {"new", ""})), "not_found");

  // Somebody else releases while it comes.
  const ReadBody overtaken = [&, body = body_of(archive)](std::span<std::byte> out) {
    EXPECT_TRUE(release("site", other).ok());
    return body(out);
  };
  EXPECT_EQ(code_of(send_guarded("site", live, overtaken)), "conflict");
  EXPECT_EQ(deployer_->list_images(owner_, {"site", ""}, "", 10, 0)->total, 2);
  EXPECT_FALSE(blobs_->find_size(sha256("3")).value().has_value()) << "its bytes are gone again";
  EXPECT_EQ(code_of(send_guarded("site", other, body_of(archive))), "");
}

TEST_F(Packs, DamageIsRefused) {
  const std::string id = plan("site", files_)->plan_id;
  EXPECT_EQ(code_of(send(id, "this is no archive at all, not even nearly")), "invalid_request");
  std::string zipped = compress(Encoding::Gzip, tar_of({{"index.html", "<h1>hi</h1>", ""}})).value();
  zipped[zipped.size() / 2] = static_cast<char>(zipped[zipped.size() / 2] ^ 0x55);
  EXPECT_FALSE(send(id, zipped).ok());
  const std::string plain = tar_of({{"index.html", "<h1>hi</h1>", ""}});
  EXPECT_FALSE(send(id, plain.substr(0, 515)).ok()) << "ends inside a member";
  EXPECT_EQ(code_of(send(id, plain.substr(0, 515), true)), "invalid_request");
}

}  // namespace
}  // namespace sitepod::deploy
