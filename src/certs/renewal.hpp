// When a certificate is renewed, and when a host is tried again after a failure. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/tls_certificate.hpp"

namespace sitepod::certs {

// At two thirds of its life, whatever its length; up to a twentieth of its life earlier by its fingerprint, so that
// what was issued together is not renewed together.
Instant renewal_due(const net::TlsCertificate& certificate);

// What is remembered of a host that could not get its certificate.
struct Setback {
  std::int64_t failures = 0;
  Instant next_try;
  std::string reason;
};

// The next one after `before` (null: the first). A refusal, which authorities count, waits 15 minutes and twice as long
// each time, up to a day: never five in an hour. What only could not be reached waits a minute at first, up to six
// hours. An authority that says how long counts when that is longer.
Setback next_setback(const Setback* before, const Error& error, Instant now);

// What concerns the authority itself, or the way to it, and not one host.
bool is_about_authority(const Error& error);

// Until when nobody else is ordered for after such an error of one host: as long as the host waits, an hour at most. A
// limit may be the host's alone (its registered domain has had its certificates of the week) and must not let the
// certificates of all others end; nor shall an authority that is back be noticed hours later.
Instant quiet_until(const Setback& setback, Instant now);

// Of a certificate that is due for renewal the moment it comes. The next would be, too: it counts as a refusal, while
// the certificate is shown.
Error due_already();

// As it is kept in a file. Nothing: the text is none.
std::string write_setback(const Setback& setback);
std::optional<Setback> read_setback(std::string_view text);

}  // namespace sitepod::certs
