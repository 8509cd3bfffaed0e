#include "http/client.hpp"

#include <curl/curl.h>

#include <cstdlib>
#include <cstring>
#include <mutex>

#include "http/client_failure.hpp"
#include "http/proxy.hpp"

namespace sitepod::http {
namespace {

// Bytes per second below which an exchange with a stall_timeout of its own stalls.
constexpr long kLeastSpeed = 1024;

void initialise_curl() {
  static std::once_flag once;
  std::call_once(once, [] { SITEPOD_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n'))
    text.remove_suffix(1);
  return text;
}

// What the callbacks of one exchange share.
struct Exchange {
  const ClientRequest& request;
  const ClientOptions& options;
  ClientResponse response;
  std::optional<Error> failure;  // of a callback; wins over libcurl's own error

  bool cancelled() const { return options.cancelled != nullptr && options.cancelled->load(std::memory_order_relaxed); }

  static std::size_t read_body(char* out, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    auto got = exchange.request.read_body(std::as_writable_bytes(std::span(out, size * count)));
    if (got.ok()) return *got;
    exchange.failure = std::move(got).error();
    return CURL_READFUNC_ABORT;
  }

  static std::size_t on_field(char* data, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    std::string_view line = trim({data, size * count});
    if (line.starts_with("HTTP/")) {  // also after 100 (Continue): fields of interim answers do not count
      exchange.response.fields.clear();
      std::size_t space = line.find(' ');
      exchange.response.status =
          space == std::string_view::npos ? 0 : std::atoi(std::string(line.substr(space + 1, 3)).c_str());
    } else if (std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      exchange.response.fields.emplace_back(lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
    return size * count;
  }

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    std::string_view piece(data, size * count);
    if (exchange.request.on_body && exchange.response.status / 100 == 2) {
      auto taken = exchange.request.on_body(piece);
      if (taken.ok()) return piece.size();
      exchange.failure = std::move(taken).error();
      return 0;
    }
    if (exchange.response.body.size() + piece.size() > exchange.options.max_body_bytes) {
      exchange.failure = Error{ErrorKind::TooLarge, "payload_too_large", "The server's answer is too large.", {}, {}};
      return 0;
    }
    exchange.response.body += piece;
    return piece.size();
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Exchange*>(self)->cancelled() ? 1 : 0;
  }
};

}  // namespace

struct Client::State {
  ClientOptions options;
  std::unique_ptr<CURL, FreeEasy> easy;
  char error_text[CURL_ERROR_SIZE] = {};

  template <typename Value>
  void set(CURLoption option, Value value) {
    // Only a wrong option or a lack of memory fails here.
    SITEPOD_CHECK(curl_easy_setopt(easy.get(), option, value) == CURLE_OK);
  }

  void set_connection_options() {
    curl_easy_reset(easy.get());  // keeps connections, DNS and TLS sessions
    error_text[0] = '\0';
    set(CURLOPT_ERRORBUFFER, error_text);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
    set(CURLOPT_USERAGENT, options.user_agent.c_str());
    set(CURLOPT_BUFFERSIZE, 64L * 1024);
    set(CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
    // libcurl itself, unlike its command, does not read these two.
    if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') set(CURLOPT_CAINFO, file);
    if (const char* folder = std::getenv("SSL_CERT_DIR"); folder != nullptr && *folder != '\0')
      set(CURLOPT_CAPATH, folder);
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  }

  // libcurl itself reads the environment too, but not HTTP_PROXY, and asks a proxy for this machine's own addresses.
  void set_proxy(const std::string& url) {
    if (is_loopback_url(url))
      set(CURLOPT_PROXY, "");
    else if (const std::optional<Proxy> proxy = find_proxy(url))
      set(CURLOPT_PROXY, proxy->url.c_str());
  }

  void set_body(Exchange& exchange) {
    const ClientRequest& request = exchange.request;
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
    if (request.method == "GET" || request.method == "HEAD") return;
    if (request.read_body) {
      set(CURLOPT_UPLOAD, 1L);
      set(CURLOPT_READFUNCTION, &Exchange::read_body);
      set(CURLOPT_READDATA, static_cast<void*>(&exchange));
      if (request.read_body_size) set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(*request.read_body_size));
    } else if (request.method != "DELETE" || !request.body.empty()) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, request.body.data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
  }

  void set_callbacks(Exchange& exchange) {
    set(CURLOPT_HEADERFUNCTION, &Exchange::on_field);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
    set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
    set(CURLOPT_XFERINFODATA, static_cast<void*>(&exchange));
  }

  std::unique_ptr<curl_slist, FreeList> make_fields(const ClientRequest& request) const {
    std::unique_ptr<curl_slist, FreeList> list;
    auto append = [&list](const std::string& line) {
      curl_slist* longer = curl_slist_append(list.get(), line.c_str());
      SITEPOD_CHECK(longer != nullptr);
      list.release();
      list.reset(longer);
    };
    append("Expect:");  // a server that never sends 100 (Continue) would cost a second per upload
    bool has_type = false;
    for (const auto& [name, value] : request.fields) {
      has_type = has_type || lower(name) == "content-type";
      append(value.empty() ? name + ";" : name + ": " + value);
    }
    if (!has_type) append("Content-Type:");  // else libcurl claims a form
    return list;
  }

  Error describe(CURLcode code, const Exchange& exchange) const {
    if (code == CURLE_ABORTED_BY_CALLBACK && exchange.cancelled())
      return {ErrorKind::Unavailable, "interrupted", "Interrupted.", {}, {}};
    long connect_status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_HTTP_CONNECTCODE, &connect_status);
    std::string cause = error_text[0] != '\0' ? error_text : curl_easy_strerror(code);
    return describe_failure({code, std::move(cause), exchange.request.url, connect_status});
  }
};

Client::Client(ClientOptions options) : state_(std::make_unique<State>()) {
  initialise_curl();
  state_->options = std::move(options);
  state_->easy.reset(curl_easy_init());
  SITEPOD_CHECK(state_->easy != nullptr);
}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<ClientResponse> Client::send(const ClientRequest& request) {
  for (const auto& [name, value] : request.fields)
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return invalid("invalid_request", "The field " + name + " contains a line break.");
  Exchange exchange{request, state_->options, {}, {}};
  state_->set_connection_options();
  state_->set(CURLOPT_URL, request.url.c_str());
  state_->set_proxy(request.url);
  if (request.deadline) state_->set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.deadline->count()));
  if (request.stall_timeout) {
    state_->set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout->count()));
    state_->set(CURLOPT_LOW_SPEED_LIMIT, kLeastSpeed);
  }
  state_->set_body(exchange);
  state_->set_callbacks(exchange);
  auto fields = state_->make_fields(request);
  state_->set(CURLOPT_HTTPHEADER, fields.get());
  CURLcode code = curl_easy_perform(state_->easy.get());
  if (exchange.failure) return std::move(*exchange.failure);
  if (code != CURLE_OK) return state_->describe(code, exchange);
  return std::move(exchange.response);
}

std::string_view ClientResponse::field(std::string_view lower_case_name) const {
  for (const auto& [name, value] : fields)
    if (name == lower_case_name) return value;
  return {};
}

}  // namespace sitepod::http
