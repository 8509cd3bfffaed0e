// Which part of the server a request's host and path belong to: deploy API §11 and the last point of its §1.
// Pure functions, no allocation; worker threads call find_route for every request.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/request_head.hpp"
#include "serve/snapshot.hpp"
#include "serve/visit.hpp"

namespace sitepod::serve {

struct Route {
  enum class Kind : std::uint8_t {
    Site,       // `site` is set
    Api,        // the control plane answers
    Nowhere,    // no site has this host
    NoPreview,  // host or path name a preview that does not exist
  };
  Kind kind = Kind::Nowhere;
  const SiteView* site = nullptr;  // in the snapshot
  // The part of the request's path, as sent, in front of the site's root: "/__preview__/pr-7"; points into the head.
  std::string_view mount = {};
  // On production hosts: what the visitor may choose to see instead of `site`. Without views: nothing.
  ChoicePlace choice = {};
  // Set when cookies have had a say; see read_choice.
  const Visit* visit = nullptr;
};

Route find_route(const Snapshot& snapshot, const http::RequestHead& head);

}  // namespace sitepod::serve
