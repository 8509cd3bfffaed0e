// What opens a locked page: a cookie that the server has signed for this page and this password until some instant.
// Pure functions; worker threads check, pool threads make. Allocates nothing where it is checked.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "http/request_head.hpp"

namespace sitepod::serve {

// A page that only who knows its password may read. What stands at its own address is a form that asks for it.
struct PageLock {
  std::string text;      // where the index has the text: no request's path can be this (see hidden_path)
  std::string verifier;  // argon2id
  Digest key;            // signs for this site, page and verifier only
};

inline constexpr std::string_view kPassCookie = "sitepod_page";
// So long a page stays open in a browser.
inline constexpr std::time_t kPassSeconds = 30 * 24 * 60 * 60;

// "1702692000.<64 hexadecimal digits>"
std::string make_pass(const PageLock& lock, std::time_t expires);
bool is_pass(const PageLock& lock, std::string_view value, std::time_t now);
// Whether one of the request's cookies is a pass for this page. Of very many only the first few are looked at.
bool has_pass(const PageLock& lock, const http::RequestHead& request, std::time_t now);

}  // namespace sitepod::serve
