// `sitepod completion` and `sitepod man`.
#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/manual.hpp"

namespace sitepod::cli {

Result<void> print_completion(Context& context, const CompletionOptions& options) {
  context.console.print(SITEPOD_TRY(completion_script(context.program, options.shell)));
  return {};
}

Result<void> print_manual(Context& context) {
  context.console.print(manual_page(context.program));
  return {};
}

}  // namespace sitepod::cli
