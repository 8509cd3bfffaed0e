#include "media/social_cards.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/file.hpp"
#include "media/handover.hpp"
#include "media/temporary_folder.hpp"
#include "media/worker_process.hpp"
#include "media/worker_report.hpp"

namespace sitepod::media {
namespace {

constexpr auto kFields = std::to_array({&SocialCard::site, &SocialCard::title, &SocialCard::subtitle,
                                        &SocialCard::byline, &SocialCard::language, &SocialCard::accent});

std::string without_controls(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

}  // namespace

std::string write_card(const SocialCard& card) {
  std::string line;
  for (const auto field : kFields) {
    if (field != kFields.front()) line += '\t';
    line += without_controls(card.*field);
  }
  return line;
}

Result<SocialCard> read_card(std::string_view line) {
  SocialCard card;
  for (const auto field : kFields) {
    const std::size_t end = line.find('\t');
    if ((end == std::string_view::npos) != (field == kFields.back())) return internal("media: a card that is none");
    card.*field = line.substr(0, end);
    line.remove_prefix(std::min(line.size(), end + 1));
  }
  return card;
}

CardPress::CardPress(std::chrono::seconds patience, std::string program)
    : patience_(patience), program_(std::move(program)), stop_(::eventfd(0, EFD_CLOEXEC)) {}

void CardPress::stop() { ::eventfd_write(stop_.get(), 1); }

Result<std::vector<std::string>> CardPress::draw(std::span<const std::string> cards, const std::string& folder) {
  const TemporaryFolder work = SITEPOD_TRY(TemporaryFolder::make(folder));
  const UniqueFd input = SITEPOD_TRY(open_file(work.path() + "/cards", O_RDWR | O_CREAT | O_EXCL, 0600));
  std::string lines;
  for (const std::string& card : cards) lines.append(card).append("\n");
  SITEPOD_TRY(write_all(input.get(), lines));
  if (::lseek(input.get(), 0, SEEK_SET) < 0) return from_errno(errno, "rewind the cards");
  SITEPOD_TRY(hand_over(input.get(), work.path()));
  const WorkerEnd end = SITEPOD_TRY(run_worker({.program = program_,
                                                .arguments = {"sitepod", "media-worker", std::string(kCardsWord)},
                                                .input = input.get(),
                                                .folder = work.path(),
                                                .patience = patience_,
                                                .stop = stop_.get()}));
  SITEPOD_TRY(judge(end, kCardsWord, patience_));
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < cards.size(); ++i)
    paths.push_back(SITEPOD_TRY(take_over(work.path(), fmt::format("card-{}.png", i), folder)));
  return paths;
}

}  // namespace sitepod::media
