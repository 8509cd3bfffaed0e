#include "media/intake.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/file.hpp"
#include "http/multipart.hpp"
#include "media/kind.hpp"
#include "model/names.hpp"

namespace sitepod::media {
namespace {

using http::MultipartReader;
using Event = MultipartReader::Event;

constexpr std::size_t kPieceBytes = 256 * 1024;

Error too_large(ErrorCode code, std::string message) { return {ErrorKind::TooLarge, code, std::move(message), {}, {}}; }

// The file that is being received.
struct OpenFile {
  ReceivedFile facts;
  UniqueFd fd;
  Sha256 hasher;
};

class Intake {
 public:
  Intake(const IntakeLimits& limits, const std::string& folder) : limits_(limits), folder_(folder) {}

  Result<void> begin(const http::FormDisposition& part) {
    if (!model::is_valid_utf8(part.name) || (part.file_name && !model::is_valid_utf8(*part.file_name)))
      return invalid_request("The name of a part or file of the form is not UTF-8.");
    if (part.file_name && !is_json_text(part)) return begin_file(part);
    if (form_.texts.size() == limits_.texts)
      return invalid_request(fmt::format("The form has more than {} text parts.", limits_.texts));
    form_.texts.push_back({part.name, {}});
    return {};
  }

  Result<void> take(std::string_view piece) {
    if (file_) return take_bytes(piece);
    const bool were_small = text_bytes_ <= limits_.small_text_bytes;
    text_bytes_ += piece.size();
    if (text_bytes_ > limits_.text_bytes)
      return too_large("text_too_large",
                       fmt::format("The text parts of the form have more than {} bytes.", limits_.text_bytes));
    if (were_small && text_bytes_ > limits_.small_text_bytes && limits_.allow_large_texts)
      SITEPOD_TRY(limits_.allow_large_texts());
    form_.texts.back().value += piece;
    return {};
  }

  Result<void> end() {
    if (!file_) return {};
    OpenFile file = std::move(*file_);
    file_.reset();
    if (file.facts.name.empty() && file.facts.size == 0) return remove_file(file.facts.path);
    file.facts.sha256 = file.hasher.finish();
    form_.files.push_back(std::move(file.facts));
    return {};
  }

  ReceivedForm finish() { return std::move(form_); }

 private:
  bool is_json_text(const http::FormDisposition& part) const {
    return !limits_.json_part.empty() && part.name == limits_.json_part && form_.find_text(part.name) == nullptr &&
           (*part.file_name == "blob" || part.file_name->ends_with(".json"));
  }

  Result<void> begin_file(const http::FormDisposition& part) {
    if (form_.files.size() == limits_.files)
      return invalid_request(
          fmt::format("The form has more than {} files; send the rest in another request.", limits_.files));
    file_.emplace();
    file_->facts.part_name = part.name;
    file_->facts.name = *part.file_name;
    file_->facts.path = fmt::format("{}/received-{}", folder_, opened_++);
    file_->fd = SITEPOD_TRY(open_file(file_->facts.path, O_WRONLY | O_CREAT | O_EXCL, 0600));
    return {};
  }

  Result<void> take_bytes(std::string_view piece) {
    ReceivedFile& facts = file_->facts;
    facts.size += piece.size();
    files_bytes_ += piece.size();
    if (facts.size > limits_.file_bytes)
      return too_large("file_too_large", fmt::format("{} has more than {} bytes.", facts.name, limits_.file_bytes));
    if (files_bytes_ > limits_.all_files_bytes)
      return too_large("storage_exceeded",
                       fmt::format("The files have more than the {} bytes that are left.", limits_.all_files_bytes));
    if (facts.head.size() < kHeadBytes) facts.head += piece.substr(0, kHeadBytes - facts.head.size());
    file_->hasher.update(piece);
    return write_all(file_->fd.get(), piece);
  }

  const IntakeLimits& limits_;
  const std::string& folder_;
  ReceivedForm form_;
  std::optional<OpenFile> file_;
  std::uint64_t text_bytes_ = 0;
  std::uint64_t files_bytes_ = 0;
  std::size_t opened_ = 0;
};

// All events of one piece of the body.
Result<void> take_in(MultipartReader& reader, Intake& intake, std::string_view input) {
  for (;;) {
    const MultipartReader::Step step = reader.feed(input);
    input.remove_prefix(step.consumed);
    switch (step.event) {
      case Event::NeedMore:
      case Event::Done:
        return {};
      case Event::Refused:
        return invalid_request(std::string(reader.problem()));
      case Event::PartBegin:
        SITEPOD_TRY(intake.begin(reader.part().disposition));
        break;
      case Event::Content:
        SITEPOD_TRY(intake.take(step.piece));
        break;
      case Event::PartEnd:
        SITEPOD_TRY(intake.end());
        break;
    }
  }
}

}  // namespace

const std::string* ReceivedForm::find_text(std::string_view name) const {
  const auto found =
      std::find_if(texts.begin(), texts.end(), [&](const ReceivedText& text) { return text.name == name; });
  return found == texts.end() ? nullptr : &found->value;
}

Result<ReceivedForm> receive_form(std::string_view boundary, const ReadBody& read, const IntakeLimits& limits,
                                  const std::string& folder) {
  MultipartReader reader(boundary);
  Intake intake(limits, folder);
  std::vector<std::byte> buffer(kPieceBytes);
  for (;;) {
    const std::size_t count = SITEPOD_TRY(read(buffer));
    if (count == 0) break;
    SITEPOD_TRY(take_in(reader, intake, {reinterpret_cast<const char*>(buffer.data()), count}));
  }
  if (!reader.is_done()) return invalid_request("The multipart body ends before its closing boundary.");
  return intake.finish();
}

}  // namespace sitepod::media
