// Reads the body of POST /plan as a stream, in both forms (deploy API §2 rows 1–4, §5): each file is handed on as soon
// as it is complete, so that 100,000 files never stand in memory as JSON. A resource of one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace sitepod::api {

enum class PlanForm : std::uint8_t { Map, Array };

// One file of the request; the views live until the callback returns.
struct PlanFile {
  std::string_view path;   // without the leading slash
  bool had_slash = false;  // as sent
  Digest name;             // as the client names the bytes
  enum class Naming : std::uint8_t { Either, Blake3, Sha256 } naming = Naming::Either;
  std::optional<Digest> sha256;  // claimed beside a BLAKE3 name
  std::optional<std::uint64_t> size;
  std::string_view media_type;  // valid; empty: not given, or nothing better than application/octet-stream
};

struct PlanRequestHead {
  std::string project;
  PlanForm form = PlanForm::Map;
  std::string message;
  std::string git_commit, git_branch, git_message;
  bool with_upload_urls = true;  // "upload_urls": false leaves them out of the answer
};

class PlanRequestParser {
 public:
  // ByTheParserAlone gives the same answers five times as slowly: tests compare the two.
  enum class Items : std::uint8_t { Scanned, ByTheParserAlone };

  // An error of `each` ends the parse and comes out of feed().
  explicit PlanRequestParser(std::function<Result<void>(const PlanFile&)> each, Items items = Items::Scanned);
  ~PlanRequestParser();

  // Errors: "invalid_json", "invalid_request", "invalid_path", "invalid_hash". After an error nothing more may be fed.
  Result<void> feed(std::string_view piece);
  // The end of the body. Requires: called once, after a last successful feed().
  Result<PlanRequestHead> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::api
