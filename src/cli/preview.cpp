#include <charconv>

#include "api/account_requests.hpp"
#include "api/json_writer.hpp"
#include "base/time.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/github.hpp"
#include "model/names.hpp"

namespace sitepod::cli {
namespace {

// "3600", "12h" and "2026-12-24T18:00:00Z" are three ways to say until when.
Result<void> set_end(const PreviewOptions& options, api::PreviewQuestion& question) {
  if (!options.ttl.empty() && !api::parse_lifetime(options.ttl))
    return usage("--ttl must be like 90s, 45m, 72h or 7d.");
  question.ttl = options.ttl;
  const std::string& text = options.expires;
  std::int64_t seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty()) return {};
  if (failure == std::errc() && end == text.data() + text.size()) {
    question.expires_in = seconds;
  } else if (const auto when = parse_rfc3339(text)) {
    if (*when <= now()) return usage("--expires " + text + " is over.");
    question.expires_in = (when->unix_ms - now().unix_ms + 999) / 1000;
  } else if (api::parse_lifetime(text)) {
    question.ttl = text;
  } else {
    return usage("--expires must be seconds, like 30m, 12h or 7d, or a time like 2026-12-24T18:00:00Z.");
  }
  return {};
}

Result<api::PreviewQuestion> make_question(const Context& context, const PreviewOptions& options) {
  api::PreviewQuestion question;
  question.slug = options.slug;
  // Before anything is uploaded. How long it may be beside the subdomain the server knows.
  if (!options.slug.empty())
    if (auto valid = model::parse_preview_slug("", options.slug); !valid.ok()) return usage(valid.error().message);
  SITEPOD_TRY(set_end(options, question));
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
  if (!options.ttl.empty() && !options.expires.empty()) return usage("Give --ttl or --expires, not both.");
  Console& console = context.console;
  api::PreviewQuestion question = SITEPOD_TRY(make_question(context, options));
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
  tell_workflow(console, context.environment,
                {{"url", answer.url}, {"image_id", question.image_id}, {"expires_at", answer.expires_at}},
                "Preview of `" + question.project + "` until " + answer.expires_at + ": <" + answer.url + ">");
  console.show_qr(answer.url);
  console.print(console.json() ? result_json(question.project, answer) : answer.url);
  return {};
}

}  // namespace sitepod::cli
