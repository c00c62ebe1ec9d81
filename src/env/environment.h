// Environment: everything the engine gets from outside, in one bundle, so that a simulator can
// stand in for all of it.
//
// The parts are borrowed; the bundle is a value. Whoever opens a database passes the environment
// on and keeps its owner alive until the database is closed.
#pragma once

#include "env/clock.h"
#include "env/executor.h"
#include "env/file_system.h"
#include "env/random.h"

namespace orrery::env {

struct Environment {
  Clock* clock = nullptr;
  Random* random = nullptr;
  FileSystem* files = nullptr;
  Executor* executor = nullptr;
};

/// The system this program runs on (posix or wasi); lives until the process ends.
const Environment& system_environment();

#if !defined(__wasi__)
const Environment& posix_environment();
#else
const Environment& wasi_environment();
#endif

}  // namespace orrery::env
