// What a Boost.JSON basic_parser handler must have, with every callback a no-op; handlers derive and hide what they
// need. Only .cpp files of this room include it.
#pragma once

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <cstddef>
#include <string_view>

#include "base/error.hpp"

namespace sitepod::api {

struct JsonEvents {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  using Code = boost::json::error_code;
  using Text = boost::json::string_view;

  static std::string_view view(Text text) { return {text.data(), text.size()}; }
  // Any error that ends the parse; the handler keeps the real one.
  static bool stop(Code& code) {
    code = boost::json::error::exception;
    return false;
  }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_number_part(Text, Code&) { return true; }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }
};

inline Error json_error(const boost::json::error_code& code) {
  return invalid("invalid_json", "The body is not valid JSON: " + code.message() + ".");
}

}  // namespace sitepod::api
