#include "http/proxy.hpp"

#include <curl/curl.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "http/authority.hpp"

namespace sitepod::http {
namespace {

constexpr std::string_view kDefaultProxyPort = "1080";  // libcurl's

// An address in its parts. A resource of one call.
class Url {
 public:
  explicit Url(const std::string& text, unsigned flags = 0) : handle_(curl_url()) {
    if (handle_) is_good_ = curl_url_set(handle_.get(), CURLUPART_URL, text.c_str(), flags) == CURLUE_OK;
  }
  // Empty when there is none.
  std::string part(CURLUPart which) const {
    char* text = nullptr;
    if (!is_good_ || curl_url_get(handle_.get(), which, &text, 0) != CURLUE_OK) return {};
    const std::unique_ptr<char, void (*)(void*)> owned(text, curl_free);
    return text;
  }

 private:
  struct Free {
    void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
  };
  std::unique_ptr<CURLU, Free> handle_;
  bool is_good_ = false;
};

std::vector<std::string> variables_for(const std::string& scheme) {
  if (scheme == "https") return {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  if (std::getenv("REQUEST_METHOD") != nullptr) return {"http_proxy", "all_proxy", "ALL_PROXY"};
  return {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
}

}  // namespace

bool is_loopback_url(const std::string& url) { return is_loopback_host(Url(url).part(CURLUPART_HOST)); }

std::optional<Proxy> find_proxy(const std::string& url) {
  if (is_loopback_url(url)) return std::nullopt;
  for (const std::string& variable : variables_for(Url(url).part(CURLUPART_SCHEME))) {
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr || *value == '\0') continue;
    const Url address(value, CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME);
    Proxy proxy{variable, value, address.part(CURLUPART_HOST), address.part(CURLUPART_PORT)};
    if (proxy.port.empty()) proxy.port = kDefaultProxyPort;
    return proxy;
  }
  return std::nullopt;
}

}  // namespace sitepod::http
