// Everything a module needs: tables, reducers, procedures, views, HTTP handlers. Names are in namespace SpacetimeDB, so that
// sources written for SpacetimeDB's C++ bindings compile unchanged. C++20 without exceptions.
#pragma once

// libc++ drags unrelated headers into the ones used here for the sake of old programs; that is half of the time they take.
#if !defined(_LIBCPP_REMOVE_TRANSITIVE_INCLUDES)
#define _LIBCPP_REMOVE_TRANSITIVE_INCLUDES
#define ORRERY_RESTORE_TRANSITIVE_INCLUDES
#endif

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "spacetimedb/bsatn.h"
#include "spacetimedb/contexts.h"
#include "spacetimedb/database.h"
#include "spacetimedb/error_handling.h"
#include "spacetimedb/functions.h"
#include "spacetimedb/http.h"
#include "spacetimedb/logger.h"
#include "spacetimedb/query_builder.h"
#include "spacetimedb/range_queries.h"
#include "spacetimedb/result.h"
#include "spacetimedb/table_macros.h"
#include "spacetimedb/types.h"
#include "spacetimedb/uuid.h"
#include "spacetimedb/version.h"

#ifdef ORRERY_RESTORE_TRANSITIVE_INCLUDES
#undef _LIBCPP_REMOVE_TRANSITIVE_INCLUDES
#undef ORRERY_RESTORE_TRANSITIVE_INCLUDES
#endif

namespace spacetimedb {
template <class T>
using TableAccessor = SpacetimeDB::TableAccessor<T>;
template <class T>
using ReadOnlyTableAccessor = SpacetimeDB::ReadOnlyTableAccessor<T>;
using VecTimeDuration = std::vector<SpacetimeDB::TimeDuration>;
}  // namespace spacetimedb
