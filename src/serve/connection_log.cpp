// The part of a connection that tells the access log what was answered.
#include "base/time.hpp"
#include "http/syntax.hpp"
#include "serve/access_log.hpp"
#include "serve/connection.hpp"
#include "serve/workbench.hpp"

namespace sitepod::serve {

std::string Connection::client_address(const http::RequestHead* head) const {
  std::string peer = stream_.peer_address();
  const AddressRanges& proxies = bench_.options.trusted_proxies;
  if (head == nullptr || proxies.empty() || !proxies.contains(peer)) return peer;
  std::string chain;
  for (const http::Field& field : head->all_fields())
    if (http::equal_ignoring_case(field.name, "X-Forwarded-For"))
      chain.append(chain.empty() ? "" : ",").append(field.value);
  return proxies.client_behind(peer, chain);
}

// Between a visitor and a proxy that ends TLS in front of us only the proxy says it.
Transport Connection::client_transport(const http::RequestHead& head) const {
  const std::string_view scheme = head.find("X-Forwarded-Proto");
  if (!scheme.empty() && bench_.options.trusted_proxies.contains(stream_.peer_address()))
    return http::equal_ignoring_case(scheme, "https") ? Transport::Tls : Transport::Plain;
  return stream_.is_tls() || bench_.options.is_behind_tls ? Transport::Tls : Transport::Plain;
}

// Without a head the request was not understood well enough to name anything of it.
void Connection::log_answer(const http::RequestHead* head, const SiteView* site, int status, std::uint64_t body_bytes) {
  const std::string peer = client_address(head);
  AccessRecord record{.time = now(), .peer = peer, .status = status, .bytes = body_bytes};
  if (head != nullptr) {
    record.method = head->method_text;
    record.host = head->host;
    record.path = head->path;
    record.user_agent = head->find("User-Agent");
    record.referer = head->find("Referer");
  }
  if (site != nullptr) {
    record.project = site->project;
    record.image = site->image_id;
  }
  bench_.access_line.clear();
  append_access_line(record, bench_.access_line);
  bench_.access_ring->push(bench_.access_line);
}

void Connection::log_api_answer(std::uint64_t body_bytes) {
  const http::ApiRequest& request = api_->call->request;
  AccessRecord record{.time = now(),
                      .peer = request.peer_address,
                      .method = request.method_text,
                      .host = request.host,
                      .path = request.path,
                      .status = api_->call->response.status,
                      .bytes = body_bytes,
                      .user_agent = request.header("User-Agent"),
                      .referer = request.header("Referer")};
  if (api_->visited) {
    record.project = api_->visited->project;
    record.image = api_->visited->image;
  }
  bench_.access_line.clear();
  append_access_line(record, bench_.access_line);
  bench_.access_ring->push(bench_.access_line);
}

}  // namespace sitepod::serve
