// Draws social cards. In the worker only: pango, fontconfig, freetype and harfbuzz see foreign text.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "media/social_cards.hpp"
#include "media/worker_report.hpp"

namespace sitepod::media {

class CardShop {
 public:
  // Loads pango and looks at the machine's fonts: before the process is confined, since lists of fonts lie in /var.
  static Result<CardShop> open();
  CardShop(CardShop&&) noexcept;
  ~CardShop();

  // Reads one card a line from the descriptor, writes `card-0.png`, `card-1.png`, … into the current folder.
  Result<WorkerReport> process(int input);

 private:
  struct Library;
  explicit CardShop(std::unique_ptr<Library> library);

  std::unique_ptr<Library> library_;
};

}  // namespace sitepod::media
