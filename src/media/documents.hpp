// Removes the metadata of a PDF: the information dictionary, XMP packets, private data of programs, former revisions,
// the identifier. Pages, forms, outlines and attachments stay. Runs in the confined worker only.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "media/worker_report.hpp"

namespace sitepod::media {

class DocumentShop {
 public:
  // Loads libqpdf: before the process is confined.
  static Result<DocumentShop> open();
  DocumentShop(DocumentShop&&) noexcept;
  ~DocumentShop();

  // Reads the document from the descriptor, writes `whole` into the current folder.
  // Errors: Invalid for what is damaged beyond repair or needs a password.
  Result<WorkerReport> process(int input);

 private:
  struct Library;
  explicit DocumentShop(std::unique_ptr<Library> library);

  std::unique_ptr<Library> library_;
};

}  // namespace sitepod::media
