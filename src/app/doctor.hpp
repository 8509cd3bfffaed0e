// Looks for what keeps a server from working, or soon will: permissions, clock, port, certificates, database, blob
// store, room on the disk, limits. Changes nothing but a test file. Main thread; blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace sitepod::app {

struct Finding {
  enum class Kind : std::uint8_t { Good, Warning, Problem } kind = Kind::Good;
  std::string about;   // "clock", "database", …
  std::string what;    // a phrase
  std::string remedy;  // what to do; empty when all is good
};

struct DoctorQuestions {
  std::string data_dir;
  std::string listen_host;  // numeric; empty: do not ask for a port
  std::uint16_t listen_port = 0;
  std::string tls_certificates;  // as the settings have them; both empty: do not ask
  std::string tls_keys;
};

std::vector<Finding> examine(const DoctorQuestions& questions, Instant now);

}  // namespace sitepod::app
