// The engines behind bench/lib/engine.h.
#pragma once

#include <memory>
#include <string>

#include "bench/lib/engine.h"

namespace bench {

std::unique_ptr<Engine> open_sqlite(const OpenOptions& options);
/// Any library with Stoolap's C ABI: Orrery's and the original.
std::unique_ptr<Engine> open_stoolap_abi(std::string name, const char* library, const OpenOptions& options);
std::unique_ptr<Engine> open_duckdb(const char* library, const OpenOptions& options);

/// The address of a symbol; ends the program where there is none.
void* symbol(void* library, const char* name);
void* load_library(const char* path);

}  // namespace bench
