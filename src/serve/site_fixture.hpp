// A small site, requests to it and answers from it, for the tests of this room. Not part of the program.
#pragma once

#include <deque>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "http/date.hpp"
#include "http/syntax.hpp"
#include "serve/answer.hpp"

namespace sitepod::serve {

inline constexpr Instant kCommitted{1'700'000'000'500};  // Tue, 14 Nov 2023 22:13:20 GMT and a half
inline constexpr std::time_t kNow = 1'700'100'000;       // Thu, 16 Nov 2023 02:00:00 GMT

inline Digest digest_of(std::string_view name) { return sha256(name); }

// Files and the SiteView over them. The blob of a file is the hash of its path, of its gzip variant that of path +
// ".gz", …
class TestSite {
 public:
  struct File {
    std::string path;
    std::string type = "text/html; charset=utf-8";
    std::uint64_t size = 1000;
    bool immutable = false;
    std::string encodings = {};  // of "gzip", "zstd", "br"
  };

  explicit TestSite(std::vector<File> files, const std::string& rules = {}) : index_(index_of(files, rules)) {
    view.image_id = "img_1";
    view.index = index_;
  }

  static std::string bytes_of(const std::vector<File>& files, const std::string& rules = {}) {
    std::vector<IndexInput> inputs;
    for (const File& file : files) {
      IndexInput input{
          file.path, file.type, digest_of(file.path), file.size, file.immutable, file.type.starts_with("text/"), {}};
      add_variant(input, file, Encoding::Gzip, "gzip", ".gz");
      add_variant(input, file, Encoding::Zstd, "zstd", ".zst");
      add_variant(input, file, Encoding::Brotli, "br", ".br");
      inputs.push_back(input);
    }
    return build_site_index(inputs, kCommitted, rules, digest_of("the site's key"));
  }

  static std::shared_ptr<const SiteIndex> index_of(const std::vector<File>& files, const std::string& rules = {}) {
    auto index = SiteIndex::from_bytes(bytes_of(files, rules));
    EXPECT_TRUE(index.ok()) << index.error().context;
    return *index;
  }

  SiteView view;

 private:
  static void add_variant(IndexInput& input, const File& file, Encoding encoding, std::string_view name,
                          std::string_view ending) {
    if (file.encodings.find(name) == std::string::npos) return;
    input.variants[static_cast<std::size_t>(encoding)] = {digest_of(file.path + std::string(ending)), file.size / 4,
                                                          true};
  }
  std::shared_ptr<const SiteIndex> index_;
};

// A request as the parser would leave it; owns what its views point at.
class TestRequest {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  TestRequest(std::string target, Fields fields = {}, http::Method method = http::Method::Get)
      : target_(std::move(target)), fields_(std::move(fields)) {
    head.method = method;
    head.target = target_;
    std::size_t question = target_.find('?');
    head.path = std::string_view(target_).substr(0, question);
    head.has_query = question != std::string::npos;
    if (head.has_query) head.query = std::string_view(target_).substr(question + 1);
    for (const auto& [name, value] : fields_) add(name, value);
  }
  TestRequest(const TestRequest&) = delete;
  TestRequest& operator=(const TestRequest&) = delete;

  http::RequestHead head;

 private:
  void add(std::string_view name, std::string_view value) {
    static const std::pair<std::string_view, http::Known> kKnown[] = {
        {"accept", http::Known::Accept},
        {"accept-encoding", http::Known::AcceptEncoding},
        {"cookie", http::Known::Cookie},
        {"if-match", http::Known::IfMatch},
        {"if-modified-since", http::Known::IfModifiedSince},
        {"if-none-match", http::Known::IfNoneMatch},
        {"if-range", http::Known::IfRange},
        {"if-unmodified-since", http::Known::IfUnmodifiedSince},
        {"range", http::Known::Range},
        {"sec-fetch-mode", http::Known::SecFetchMode},
    };
    head.fields[head.field_count++] = {name, value};
    for (const auto& [known_name, known] : kKnown) {
      if (!http::equal_ignoring_case(name, known_name)) continue;
      if (head.has(known)) {
        head.repeated |= 1u << static_cast<unsigned>(known);
      } else {
        head.known[static_cast<std::size_t>(known)] = value;
        head.present |= 1u << static_cast<unsigned>(known);
      }
    }
  }
  std::string target_;
  Fields fields_;
};

// An answer, its head taken apart.
struct TestAnswer {
  int status = 0;
  std::map<std::string, std::string> fields;  // names in lower case
  std::string head;
  AnswerBody body;

  bool has(const std::string& name) const { return fields.contains(name); }
  std::string operator[](const std::string& name) const {
    auto field = fields.find(name);
    return field == fields.end() ? "(absent)" : field->second;
  }
};

inline TestAnswer take_apart(std::string head, AnswerBody body) {
  TestAnswer answer;
  answer.head = head;
  answer.body = body;
  EXPECT_TRUE(head.starts_with("HTTP/1.1 ")) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  EXPECT_EQ(head.find("\r\n\r\n"), head.size() - 4) << head;
  answer.status = std::stoi(head.substr(9, 3));
  for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
    std::size_t end = head.find("\r\n", at);
    std::string line = head.substr(at, end - at);
    std::size_t colon = line.find(": ");
    EXPECT_NE(colon, std::string::npos) << line;
    std::string name = line.substr(0, colon);
    for (char& c : name) c = http::to_lower(c);
    EXPECT_TRUE(answer.fields.emplace(name, line.substr(colon + 2)).second) << "twice: " << line;
    at = end + 2;
  }
  return answer;
}

inline TestAnswer ask(const SiteView& view, const TestRequest& request, AfterAnswer after = AfterAnswer::KeepAlive,
                      std::string_view mount = {}) {
  static const http::StatusLines status_lines(kNow);
  std::string head;
  AnswerBody body = answer(request.head, view, status_lines, after, head, mount);
  return take_apart(std::move(head), body);
}

inline TestAnswer get(const TestSite& site, std::string target, TestRequest::Fields fields = {}) {
  return ask(site.view, TestRequest(std::move(target), std::move(fields)));
}

inline TestAnswer head_of(const TestSite& site, std::string target, TestRequest::Fields fields = {}) {
  return ask(site.view, TestRequest(std::move(target), std::move(fields), http::Method::Head));
}

inline std::string etag_of(std::string_view name) { return "\"" + digest_of(name).hex() + "\""; }

}  // namespace sitepod::serve
