// Pictures that stand for pages where links to them are shown: 1200 × 630 pixels, drawn from a few words in the site's
// colour by the confined worker, because fonts and the libraries that shape text meet whatever somebody wrote. Equal
// cards give equal bytes on one machine. SocialCard is a value; CardPress is a resource whose draw() may be called by
// any thread and blocks until the worker is done.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sitepod::media {

inline constexpr int kCardWidth = 1200;
inline constexpr int kCardHeight = 630;

// Plain text in UTF-8 of any language; what does not fit is cut with an ellipsis.
struct SocialCard {
  std::string site;
  std::string title;
  std::string subtitle;
  std::string byline;
  std::string language;  // "pt-BR"; decides between forms of the same character
  std::string accent;    // "#rrggbb", readable on dark
  friend bool operator==(const SocialCard&, const SocialCard&) = default;
};

// One line. Control characters become spaces.
std::string write_card(const SocialCard& card);
// The way back. Errors: Internal for what is no such line.
Result<SocialCard> read_card(std::string_view line);

class CardPress {
 public:
  // `program` is started with the word `media-worker`.
  explicit CardPress(std::chrono::seconds patience = std::chrono::seconds(60), std::string program = "/proc/self/exe");
  CardPress(const CardPress&) = delete;
  CardPress& operator=(const CardPress&) = delete;

  // A PNG file in `folder` for each line of write_card(), in their order; the caller owns them. One worker draws them
  // all, so they succeed or fail together. Errors: those of Processor::process.
  Result<std::vector<std::string>> draw(std::span<const std::string> cards, const std::string& folder);

  // What is in work ends at once, and nothing begins any more: "media_unavailable".
  void stop();

 private:
  const std::chrono::seconds patience_;
  const std::string program_;
  UniqueFd stop_;  // an event; readable from stop() on
};

}  // namespace sitepod::media
