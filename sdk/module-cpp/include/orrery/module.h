// Orrery's own name for the headers of modules.
#pragma once

#include "spacetimedb.h"

namespace orrery::module {
using namespace ::SpacetimeDB;
}  // namespace orrery::module
