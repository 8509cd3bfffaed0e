// import: brings what a SitePod 0.2 server shows to this one, through the API like any deploy. Run again, it sends only
// what is not there yet.
#include <map>

#include "api/json_writer.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/old_folder.hpp"
#include "cli/upload.hpp"
#include "tree/hash_files.hpp"

namespace sitepod::cli {
namespace {

constexpr std::size_t kUploads = 10;

struct Imported {
  std::vector<std::string> urls;
  std::size_t images = 0, environments = 0, unchanged = 0, previews = 0, domains = 0;
  std::vector<std::string> failures;
};

class Import {
 public:
  Import(Context& context, const ServerSettings& server, const std::string& folder, const OldFolder& old)
      : context_(context), server_(server), client_(make_client(context, server)), folder_(folder), old_(old) {}

  Result<Imported> run() {
    done_.failures = old_.problems;
    for (const OldPointer& pointer : old_.environments)
      SITEPOD_TRY(keep_going(pointer.file, bring_environment(pointer)));
    for (const OldPointer& pointer : old_.previews) SITEPOD_TRY(keep_going(pointer.file, bring_preview(pointer)));
    for (const OldRoute& route : old_.routes) SITEPOD_TRY(keep_going(route.domain + route.slug, bring_route(route)));
    return std::move(done_);
  }

 private:
  // One thing that cannot be brought must not keep the others away; a server that is gone ends it all.
  Result<void> keep_going(const std::string& what, Result<void> outcome) {
    if (interruption()) return interrupted();
    if (outcome.ok()) return {};
    const Error& error = outcome.error();
    if (error.kind == ErrorKind::Unavailable || error.kind == ErrorKind::Unauthenticated) return outcome;
    done_.failures.push_back(what + ": " + error.message);
    return {};
  }

  Result<void> bring_environment(const OldPointer& pointer) {
    const std::string image = SITEPOD_TRY(bring_image(pointer));
    auto current = client_->current(pointer.project, pointer.name);
    if (current.ok() && current->image_id == image) {
      ++done_.unchanged;
      done_.urls.push_back(current->url);
      return {};
    }
    const api::ReleaseAnswer released = SITEPOD_TRY(client_->release({pointer.project, pointer.name, image, {}, {}}));
    ++done_.environments;
    done_.urls.push_back(released.url);
    context_.console.done(pointer.project + " is live in " + pointer.name);
    context_.console.field("url", released.url);
    return {};
  }

  Result<void> bring_preview(const OldPointer& pointer) {
    const std::int64_t left = pointer.expires_at ? (pointer.expires_at->unix_ms - now().unix_ms) / 1000 : 0;
    if (left <= 0) return {};
    api::PreviewQuestion question;
    question.project = pointer.project;
    question.image_id = SITEPOD_TRY(bring_image(pointer));
    question.slug = pointer.name;
    question.expires_in = left;
    SITEPOD_TRY(client_->preview(question));
    ++done_.previews;
    return {};
  }

  // The project's own host came with its first release.
  Result<void> bring_route(const OldRoute& route) {
    auto added = client_->add_domain(route.project, route.domain, route.slug.empty() ? "/" : route.slug);
    if (added.ok()) ++done_.domains;
    if (added.ok() || is_shown(route)) return {};
    return std::move(added).error();
  }

  bool is_shown(const OldRoute& route) {
    auto domains = client_->domains(route.project);
    if (!domains.ok()) return false;
    for (const api::DomainSummary& known : *domains)
      if (known.domain == route.domain && known.slug == (route.slug.empty() ? "/" : route.slug)) return true;
    return false;
  }

  Result<tree::FileList> hash_blobs(const OldPointer& pointer) {
    tree::FileList files(folder_ + "/blobs");
    for (const OldFile& file : pointer.files) files.add(*old_blob_path(file.hash), {});
    SITEPOD_TRY(tree::hash_files(files, {0, nullptr, &interruption()}));
    for (std::size_t i = 0; i < files.size(); ++i)
      if (files.digests(i).blake3.hex() != pointer.files[i].hash &&
          files.digests(i).sha256.hex() != pointer.files[i].hash)
        return invalid_request("The bytes of \"" + pointer.files[i].path + "\" are damaged.");
    return files;
  }

  // Several pointers to the same files share one image, also with one that is there already.
  Result<std::string> bring_image(const OldPointer& pointer) {
    const tree::FileList files = SITEPOD_TRY(hash_blobs(pointer));
    api::PlanQuestion question;
    question.project = pointer.project;
    question.message = "imported";
    question.file_count = files.size();
    question.file = [&](std::size_t i) {
      return api::ClientFile{pointer.files[i].path, files.digests(i).blake3, files.digests(i).sha256,
                             files[i].stamp.size, pointer.files[i].content_type};
    };
    Uploader uploader(context_, server_, *client_, files, question, kUploads);
    const UploadReport uploaded = SITEPOD_TRY(uploader.run());
    for (const api::ImageSummary& known : SITEPOD_TRY(client_->history(pointer.project, "", 200)))
      if (known.content_hash == uploaded.content_hash) return known.image_id;
    const api::CommitAnswer made = SITEPOD_TRY(client_->commit(uploaded.plan_id, "imported"));
    ++done_.images;
    return made.image_id;
  }

  Context& context_;
  const ServerSettings& server_;
  std::unique_ptr<api::Client> client_;
  const std::string& folder_;
  const OldFolder& old_;
  Imported done_;
};

std::string result_json(const Imported& done) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object()
      .member("images", done.images)
      .member("environments", done.environments)
      .member("unchanged", done.unchanged)
      .member("previews", done.previews)
      .member("domains", done.domains);
  json.key("urls").begin_array();
  for (const std::string& url : done.urls) json.value(url);
  json.end_array().end_object();
  return out;
}

Error incomplete(const Imported& done) {
  std::string message =
      human_count(done.failures.size()) + " things were not imported; run it again when they are mended:";
  for (const std::string& failure : done.failures) message += "\n  " + failure;
  return Error{ErrorKind::Invalid, "incomplete", std::move(message), {}, {}};
}

}  // namespace

Result<void> import_folder(Context& context, const ImportOptions& options) {
  const ServerSettings server = SITEPOD_TRY(context.server());
  if (server.token.empty()) return not_logged_in();
  const OldFolder old = SITEPOD_TRY(read_old_folder(options.directory));
  Console& console = context.console;
  const Imported done = SITEPOD_TRY(Import(context, server, options.directory, old).run());
  console.done("Imported " + human_count(done.images) + " images, " + human_count(done.environments) +
               " environments, " + human_count(done.previews) + " previews, " + human_count(done.domains) + " domains");
  if (!console.json())
    for (const std::string& url : done.urls) console.print(url);
  if (!done.failures.empty()) return incomplete(done);
  if (console.json()) console.print(result_json(done));
  return {};
}

}  // namespace sitepod::cli
