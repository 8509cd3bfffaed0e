#include "media/documents.hpp"

#include <fmt/format.h>
#include <qpdf/qpdf-c.h>

#include <string>
#include <utility>

#include "base/file.hpp"
#include "media/dynamic_library.hpp"
#include "media/outcome.hpp"

namespace sitepod::media {

// The functions that are used, found by name, so that only the worker loads the library.
struct DocumentShop::Library {
  decltype(&::qpdf_init) init;
  decltype(&::qpdf_cleanup) cleanup;
  decltype(&::qpdf_silence_errors) silence_errors;
  decltype(&::qpdf_set_suppress_warnings) set_suppress_warnings;
  decltype(&::qpdf_has_error) has_error;
  decltype(&::qpdf_get_error) get_error;
  decltype(&::qpdf_get_error_code) get_error_code;
  decltype(&::qpdf_get_error_message_detail) get_error_message_detail;
  decltype(&::qpdf_read) read;
  decltype(&::qpdf_get_num_pages) get_num_pages;
  decltype(&::qpdf_init_write) init_write;
  decltype(&::qpdf_set_deterministic_ID) set_deterministic_id;
  decltype(&::qpdf_set_preserve_encryption) set_preserve_encryption;
  decltype(&::qpdf_write) write;
  decltype(&::qpdf_get_trailer) get_trailer;
  decltype(&::qpdf_get_object_by_id) get_object_by_id;
  decltype(&::qpdf_oh_is_stream) is_stream;
  decltype(&::qpdf_oh_is_dictionary) is_dictionary;
  decltype(&::qpdf_oh_is_dictionary_of_type) is_dictionary_of_type;
  decltype(&::qpdf_oh_get_dict) get_dict;
  decltype(&::qpdf_oh_get_key) get_key;
  decltype(&::qpdf_oh_has_key) has_key;
  decltype(&::qpdf_oh_remove_key) remove_key;
  decltype(&::qpdf_oh_get_int_value_as_int) get_int;
  decltype(&::qpdf_oh_new_null) new_null;
  decltype(&::qpdf_replace_object) replace_object;
  decltype(&::qpdf_oh_release_all) release_all;

  bool find_all(const DynamicLibrary& file) {
    return file.find(init, "qpdf_init") && file.find(cleanup, "qpdf_cleanup") &&
           file.find(silence_errors, "qpdf_silence_errors") &&
           file.find(set_suppress_warnings, "qpdf_set_suppress_warnings") && file.find(has_error, "qpdf_has_error") &&
           file.find(get_error, "qpdf_get_error") && file.find(get_error_code, "qpdf_get_error_code") &&
           file.find(get_error_message_detail, "qpdf_get_error_message_detail") && file.find(read, "qpdf_read") &&
           file.find(get_num_pages, "qpdf_get_num_pages") && file.find(init_write, "qpdf_init_write") &&
           file.find(set_deterministic_id, "qpdf_set_deterministic_ID") &&
           file.find(set_preserve_encryption, "qpdf_set_preserve_encryption") && file.find(write, "qpdf_write") &&
           file.find(get_trailer, "qpdf_get_trailer") && file.find(get_object_by_id, "qpdf_get_object_by_id") &&
           file.find(is_stream, "qpdf_oh_is_stream") && file.find(is_dictionary, "qpdf_oh_is_dictionary") &&
           file.find(is_dictionary_of_type, "qpdf_oh_is_dictionary_of_type") &&
           file.find(get_dict, "qpdf_oh_get_dict") && file.find(get_key, "qpdf_oh_get_key") &&
           file.find(has_key, "qpdf_oh_has_key") && file.find(remove_key, "qpdf_oh_remove_key") &&
           file.find(get_int, "qpdf_oh_get_int_value_as_int") && file.find(new_null, "qpdf_oh_new_null") &&
           file.find(replace_object, "qpdf_replace_object") && file.find(release_all, "qpdf_oh_release_all");
  }
};

namespace {

constexpr char kQpdfFile[] = "libqpdf.so.29";
constexpr char kQpdfPackage[] = "libqpdf29";
constexpr char kPlainFile[] = "plain";

// One file that is open in the library.
template <typename Library>
class Document {
 public:
  explicit Document(const Library& library) : library_(library), data_(library.init()) {
    library_.silence_errors(data_);
    library_.set_suppress_warnings(data_, QPDF_TRUE);
  }
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;
  ~Document() { library_.cleanup(&data_); }

  Result<void> read(const std::string& path) {
    if ((library_.read(data_, path.c_str(), nullptr) & QPDF_ERRORS) != 0) return last_error();
    // What is damaged beyond repair reads as a document without pages.
    if (library_.get_num_pages(data_) < 1) return unreadable("The PDF is damaged: it has no pages.");
    return {};
  }

  // Only what the document still uses is written; equal documents give equal bytes.
  Result<void> write(const char* path) {
    if ((library_.init_write(data_, path) & QPDF_ERRORS) != 0) return last_error();
    library_.set_preserve_encryption(data_, QPDF_FALSE);
    library_.set_deterministic_id(data_, QPDF_TRUE);
    if ((library_.write(data_) & QPDF_ERRORS) != 0) return last_error();
    return {};
  }

  // The part of the old identifier that outlives rewriting, and what names people and programs.
  void forget_origin() {
    const qpdf_oh trailer = library_.get_trailer(data_);
    library_.remove_key(data_, trailer, "/ID");
    library_.remove_key(data_, trailer, "/Info");
    library_.release_all(data_);
  }

  Result<void> forget_metadata() {
    const int end = library_.get_int(data_, library_.get_key(data_, library_.get_trailer(data_), "/Size"));
    for (int id = 1; id < end; ++id) {
      clean_object(id);
      library_.release_all(data_);
    }
    return library_.has_error(data_) != QPDF_FALSE ? last_error() : Result<void>();
  }

 private:
  void clean_object(int id) {
    const qpdf_oh object = library_.get_object_by_id(data_, id, 0);
    const bool is_stream = library_.is_stream(data_, object) != QPDF_FALSE;
    if (!is_stream && library_.is_dictionary(data_, object) == QPDF_FALSE) return;
    const qpdf_oh dictionary = is_stream ? library_.get_dict(data_, object) : object;
    if (is_stream && library_.is_dictionary_of_type(data_, dictionary, "/Metadata", nullptr) != QPDF_FALSE) {
      library_.replace_object(data_, id, 0, library_.new_null(data_));
      return;
    }
    if (library_.has_key(data_, dictionary, "/PieceInfo") != QPDF_FALSE)
      library_.remove_key(data_, dictionary, "/PieceInfo");
    // An XMP packet need not say its type.
    if (library_.is_stream(data_, library_.get_key(data_, dictionary, "/Metadata")) != QPDF_FALSE)
      library_.remove_key(data_, dictionary, "/Metadata");
  }

  Error last_error() {
    const qpdf_error error = library_.has_error(data_) != QPDF_FALSE ? library_.get_error(data_) : nullptr;
    if (error == nullptr) return unreadable("The PDF is damaged.");
    if (library_.get_error_code(data_, error) == qpdf_e_password)
      return unreadable("The PDF can be opened only with a password; send it without one.");
    const char* detail = library_.get_error_message_detail(data_, error);
    return unreadable(fmt::format("The PDF is damaged: {}.", detail == nullptr ? "it cannot be read" : detail));
  }

  const Library& library_;
  qpdf_data data_;
};

}  // namespace

DocumentShop::DocumentShop(std::unique_ptr<Library> library) : library_(std::move(library)) {}
DocumentShop::DocumentShop(DocumentShop&&) noexcept = default;
DocumentShop::~DocumentShop() = default;

Result<DocumentShop> DocumentShop::open() {
  const DynamicLibrary file = SITEPOD_TRY(DynamicLibrary::open(kQpdfFile, kQpdfPackage));
  auto library = std::make_unique<Library>();
  if (!library->find_all(file)) return lacks_package("a fitting version of libqpdf", kQpdfPackage);
  return DocumentShop(std::move(library));
}

// Twice: the objects of a damaged or encrypted file cannot be counted on, those of a file that the library wrote can.
Result<WorkerReport> DocumentShop::process(int input) {
  {
    Document original(*library_);
    SITEPOD_TRY(original.read(fmt::format("/proc/self/fd/{}", input)));
    original.forget_origin();
    SITEPOD_TRY(original.write(kPlainFile));
  }
  Document plain(*library_);
  SITEPOD_TRY(plain.read(kPlainFile));
  plain.forget_origin();
  SITEPOD_TRY(plain.forget_metadata());
  SITEPOD_TRY(plain.write(std::string(kWholeFile).c_str()));
  SITEPOD_TRY(remove_file(kPlainFile));
  return WorkerReport();
}

}  // namespace sitepod::media
