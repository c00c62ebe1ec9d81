// The version of the C++ bindings that these headers are compatible with.
#pragma once

#define SPACETIMEDB_VERSION_MAJOR 2
#define SPACETIMEDB_VERSION_MINOR 8
#define SPACETIMEDB_VERSION_PATCH 3
#define SPACETIMEDB_VERSION_STRING "2.8.3"
#define SPACETIMEDB_VERSION_AT_LEAST(major, minor, patch)                                      \
  (SPACETIMEDB_VERSION_MAJOR > (major) ||                                                      \
   (SPACETIMEDB_VERSION_MAJOR == (major) && (SPACETIMEDB_VERSION_MINOR > (minor) ||            \
                                             (SPACETIMEDB_VERSION_MINOR == (minor) &&          \
                                              SPACETIMEDB_VERSION_PATCH >= (patch)))))
