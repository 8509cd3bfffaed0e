#include "api/json_writer.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"

namespace sitepod::cli {
namespace {

api::PreviewQuestion make_question(const Context& context, const PreviewOptions& options) {
  api::PreviewQuestion question;
  question.slug = options.slug;
  question.ttl = options.ttl;
  question.expires_in = options.expires_in;
  question.password = options.password;
  if (question.password.empty()) question.password = context.environment("SITEPOD_PREVIEW_PASSWORD").value_or("");
  return question;
}

std::string result_json(const std::string& project, const api::PreviewAnswer& preview) {
  std::string out;
  api::JsonWriter(out)
      .begin_object()
      .member("url", preview.url)
      .member("path_url", preview.path_url)
      .member("slug", preview.slug)
      .member("project", project)
      .member("image_id", preview.image_id)
      .member("expires_at", preview.expires_at)
      .end_object();
  return out;
}

}  // namespace

Result<void> preview(Context& context, const PreviewOptions& options) {
  if (!options.ttl.empty() && options.expires_in) return usage("Give --ttl or --expires, not both.");
  Console& console = context.console;
  api::PreviewQuestion question = make_question(context, options);
  if (options.image.empty()) {
    FolderImage made = SITEPOD_TRY(commit_folder(context, options.source));
    question.project = std::move(made.project);
    question.image_id = std::move(made.commit.image_id);
  } else {
    question.project = SITEPOD_TRY(project_here(context, options.source.project));
    question.image_id = options.image;
  }
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  api::PreviewAnswer answer = SITEPOD_TRY(client->preview(question));
  console.done("Preview ready");
  console.field("url", answer.url);
  console.field("expires", answer.expires_at);
  console.show_qr(answer.url);
  console.print(console.json() ? result_json(question.project, answer) : answer.url);
  return {};
}

}  // namespace sitepod::cli
