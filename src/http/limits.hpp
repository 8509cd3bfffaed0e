// Every limit of the HTTP side, each with a name and a test that hits it exactly and by one more.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sitepod::http {

// Request heads (deploy API §11.11).
inline constexpr std::size_t kMaxHeadBytes = 32 * 1024;           // request line + fields + blank line → 431
inline constexpr std::size_t kMaxFields = 200;                    // → 431
inline constexpr std::size_t kMaxTargetBytes = 8 * 1024;          // → 414
inline constexpr std::size_t kMaxChunkExtensionBytes = 4 * 1024;  // per message → 400
inline constexpr std::size_t kMaxTrailerBytes = 8 * 1024;         // → 400

// Bodies of API requests.
inline constexpr std::uint64_t kMaxPasswordFormBytes = 8 * 1024;  // of a locked page → 413
inline constexpr std::uint64_t kMaxJsonBodyBytes = 1 << 20;       // → 413
inline constexpr std::uint64_t kMaxPlanBodyBytes = 32 << 20;      // POST /plan → 413
inline constexpr std::uint64_t kMaxPagesBodyBytes = 100u << 20;   // POST /public/pages as JSON → 413
inline constexpr std::uint64_t kLargeBodyBytes = 8u << 20;        // of those only kLargeBodiesAtOnce at once → 503
inline constexpr std::size_t kLargeBodiesAtOnce = 2;
inline constexpr std::size_t kBodyPipeBytes = 512 * 1024;  // a connection stops reading beyond this
inline constexpr std::size_t kDispatchAfterBodyBytes =
    256 * 1024;  // a shorter body is complete before a thread is taken

// Multipart bodies.
inline constexpr std::size_t kMaxPartHeadBytes = 8 * 1024;  // the headers of one part with their blank line → 400
inline constexpr std::size_t kMaxMultipartPreambleBytes = 1024;  // in front of the first boundary → 400
inline constexpr std::size_t kMaxMultipartPaddingBytes = 64;     // white space behind a boundary → 400

// A connection's patience.
inline constexpr std::chrono::seconds kHandshakeDeadline{10};   // of TLS, from the connection's first moment to its end
inline constexpr std::chrono::seconds kHeadDeadline{30};        // from the first byte of a head to its end
inline constexpr std::chrono::seconds kIdleDeadline{75};        // between requests
inline constexpr std::chrono::seconds kBodyDeadline{60};        // for the next kBodyProgressBytes of a body, or its end
inline constexpr std::uint64_t kBodyProgressBytes = 32 * 1024;  // who sends slower only holds the connection → 408
inline constexpr std::chrono::seconds kSendDeadline{60};        // without one byte of answer leaving
inline constexpr std::chrono::seconds kLingerDeadline{
    2};  // reading on after an early refusal, so that the client sees the answer

// Fairness and memory of a worker.
inline constexpr std::size_t kMaxQueuedOutputBytes = 256 * 1024;  // stop parsing pipelined requests beyond this
inline constexpr std::size_t kSmallBodyBytes = 64 * 1024;         // sent from memory; larger by sendfile
inline constexpr std::size_t kSendfileTurnBytes = 1 << 20;        // per connection and turn

}  // namespace sitepod::http
