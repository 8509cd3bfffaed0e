// The other direction: front matter by libyaml's emitter, which knows how every text must be quoted.
#include <yaml.h>

#include <fmt/format.h>

#include "manuscript/page_file.hpp"
#include "model/page_fields.hpp"

namespace sitepod::manuscript {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

class Writer {
 public:
  Writer() {
    SITEPOD_CHECK(yaml_emitter_initialize(&emitter_) == 1);
    yaml_emitter_set_output(&emitter_, append, &out_);
    yaml_emitter_set_unicode(&emitter_, 1);
    yaml_emitter_set_width(&emitter_, -1);
    yaml_event_t event;
    check(yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), event);
    check(yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1), event);
    check(yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_MAPPING_STYLE), event);
  }
  ~Writer() { yaml_emitter_delete(&emitter_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void word(std::string_view text) { scalar(text, YAML_PLAIN_SCALAR_STYLE); }
  // Quoted, so that no tool takes "no" or "1.10" for something else.
  void text(std::string_view text) { scalar(text, YAML_DOUBLE_QUOTED_SCALAR_STYLE); }
  void list(const std::vector<std::string>& items) {
    yaml_event_t event;
    check(yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1, YAML_FLOW_SEQUENCE_STYLE), event);
    for (const std::string& item : items) text(item);
    check(yaml_sequence_end_event_initialize(&event), event);
  }
  std::string finish() {
    yaml_event_t event;
    check(yaml_mapping_end_event_initialize(&event), event);
    check(yaml_document_end_event_initialize(&event, 1), event);
    check(yaml_stream_end_event_initialize(&event), event);
    yaml_emitter_flush(&emitter_);
    return std::move(out_);
  }

 private:
  static int append(void* out, unsigned char* data, std::size_t size) {
    static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), size);
    return 1;
  }
  // Fails for lack of memory only: texts of the API are valid UTF-8.
  void check(int made, yaml_event_t& event) { SITEPOD_CHECK(made == 1 && yaml_emitter_emit(&emitter_, &event) == 1); }
  void scalar(std::string_view value, yaml_scalar_style_t style) {
    yaml_event_t event;
    check(yaml_scalar_event_initialize(&event, nullptr, nullptr, bytes_of(value), static_cast<int>(value.size()), 1, 1,
                                       style),
          event);
  }

  yaml_emitter_t emitter_;
  std::string out_;
};

}  // namespace

std::string write_page_file(const model::PageChange& page) {
  Writer yaml;
  for (const model::TextField& each : model::kTextFields)
    if (const auto& value = page.*each.field; value && each.name != "content") {
      yaml.word(each.name);
      yaml.text(*value);
    }
  for (const model::FlagField& each : model::kFlagFields)
    if (const auto& value = page.*each.field) {
      yaml.word(each.name);
      yaml.word(*value ? "true" : "false");
    }
  for (const model::ListField& each : model::kListFields)
    if (const auto& value = page.*each.field) {
      yaml.word(each.name);
      yaml.list(*value);
    }
  if (page.order) {
    yaml.word(model::kOrderField);
    yaml.word(std::to_string(*page.order));
  }
  for (std::size_t i = 0; i < model::kSwitches; ++i)
    if (const auto& value = page.switches[i]) {
      yaml.word(model::to_string(static_cast<model::Switch>(i)));
      yaml.word(*value);
    }
  return "---\n" + yaml.finish() + "---\n" + page.content.value_or("");
}

}  // namespace sitepod::manuscript
