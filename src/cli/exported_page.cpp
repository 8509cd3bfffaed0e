#include "cli/exported_page.hpp"

#include "manuscript/page_file.hpp"
#include "model/page_fields.hpp"

namespace sitepod::cli {

model::PageChange exported_fields(const api::RemotePage& page, std::string_view path) {
  model::PageChange out;
  for (const model::TextField& each : model::kTextFields)
    if (const auto& value = page.fields.*each.field; value && !value->empty()) out.*each.field = value;
  for (const model::FlagField& each : model::kFlagFields)
    if ((page.fields.*each.field).value_or(false)) out.*each.field = true;
  for (const model::ListField& each : model::kListFields)
    if (const auto& value = page.fields.*each.field; value && !value->empty()) out.*each.field = value;
  out.order = page.fields.order;
  for (std::size_t i = 0; i < model::kSwitches; ++i)
    if (page.fields.switches[i].value_or("inherit") != "inherit") out.switches[i] = page.fields.switches[i];
  out.content = page.fields.content.value_or("");
  // The same page on another server has another id.
  out.id.reset();
  if (path.empty()) return out;
  const model::PageChange implied = manuscript::read_page_file(path, "").page;
  const std::string section = page.fields.section.value_or("");
  if (implied.content_type == out.content_type && implied.slug == out.slug && implied.section == section) {
    out.content_type.reset();
    out.slug.reset();
    out.section.reset();
  } else {
    out.section = section;
  }
  return out;
}

}  // namespace sitepod::cli
