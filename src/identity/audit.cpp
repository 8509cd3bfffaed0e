#include "identity/audit.hpp"

namespace sitepod::identity {

meta::Event make_event(const Caller& caller, std::string_view action, Instant now) {
  meta::Event event;
  event.account_id = caller.account_id;
  event.action = action;
  event.actor_id = caller.account_id;
  event.actor_email = caller.email;
  event.actor_address = caller.address;
  event.token_name = caller.token_name;
  event.created_at = now;
  return event;
}

meta::Event make_event(const Caller& caller, std::string_view action, const meta::Project& project, Instant now) {
  meta::Event event = make_event(caller, action, now);
  event.project_id = project.id;
  event.account_id = project.owner_id;
  return event;
}

}  // namespace sitepod::identity
