// The names that a certificate can be ordered for. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace sitepod::certs {

// Whether a certificate can be ordered for the host: a name of DNS with two labels or more, and not of this machine.
bool is_orderable(std::string_view host);

// "*." before an orderable host: every name of one label more.
bool is_orderable_wildcard(std::string_view name);

// Whether `wildcard` ("*.example.com") stands for the host. False when it is no wildcard.
bool stands_for(std::string_view wildcard, std::string_view host);

// The name without "*.".
std::string_view without_wildcard(std::string_view name);

}  // namespace sitepod::certs
