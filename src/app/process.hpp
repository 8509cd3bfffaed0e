// What the process asks of the system before it starts threads: signals, descriptors, memory, secrecy. Main thread.
#pragma once

#include <csignal>

#include <chrono>

namespace sitepod::app {

// Ignores SIGPIPE, blocks the signals that next_signal() waits for, raises the limit of descriptors to the hard limit,
// keeps memory small, and keeps core dumps (which would hold tokens and passwords) from being written. Called once,
// before any thread exists.
void prepare_process();

// Hands freed memory back to the system, which the allocator by itself keeps wherever something above it is in use.
// Takes milliseconds; for the end of work that needed much for a moment, such as the start. Any thread.
void give_back_memory();

// SIGTERM, SIGINT or SIGHUP; 0 after `patience` without one.
int next_signal(std::chrono::milliseconds patience);

}  // namespace sitepod::app
