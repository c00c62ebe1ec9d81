# Wasmtime's C API behind one target, orrery_wasmtime. In this order:
#   ORRERY_WASMTIME_ROOT   a folder with include/wasmtime.h and lib/libwasmtime.{a,so}, such as an unpacked release
#   the system's           wasmtime.h and libwasmtime where the compiler looks, of the same major version
#   cargo                  tools/build_wasmtime, once into ORRERY_DEPS_DIR/wasmtime-<hash of the lock file>, which all
#                          build presets share. Several checkouts on one machine share it, too, where the environment
#                          variable ORRERY_DEPS_DIR names a folder, or a folder above them has one called orrery-deps.
# Nothing is built at configure time, and nothing by a build that does not need it.
include_guard()

set(ORRERY_WASMTIME_ROOT "" CACHE PATH "A folder with Wasmtime's C API (include/, lib/)")
option(ORRERY_SYSTEM_WASMTIME "Use the system's Wasmtime where it fits" ON)
set(deps_default "${CMAKE_SOURCE_DIR}/build/deps")
if(DEFINED ENV{ORRERY_DEPS_DIR})
  set(deps_default "$ENV{ORRERY_DEPS_DIR}")
else()
  set(folder ${CMAKE_SOURCE_DIR})
  while(TRUE)
    cmake_path(GET folder PARENT_PATH parent)
    if(parent STREQUAL folder)
      break()
    endif()
    set(folder ${parent})
    if(IS_DIRECTORY ${folder}/orrery-deps)
      set(deps_default ${folder}/orrery-deps)
      break()
    endif()
  endwhile()
endif()
set(ORRERY_DEPS_DIR "${deps_default}" CACHE PATH "Where dependencies are built, shared by all build folders")

set(crate ${CMAKE_SOURCE_DIR}/cmake/wasmtime)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${crate}/Cargo.toml ${crate}/Cargo.lock ${crate}/src/lib.rs)
file(READ ${crate}/Cargo.toml manifest)
string(REGEX MATCH "version = \"=([0-9]+)\\." ignored "${manifest}")
set(wasmtime_major ${CMAKE_MATCH_1})

set(found_include "")
if(ORRERY_WASMTIME_ROOT)
  find_path(found_include wasmtime.h PATHS ${ORRERY_WASMTIME_ROOT}/include NO_DEFAULT_PATH NO_CACHE REQUIRED)
  find_library(found_library wasmtime PATHS ${ORRERY_WASMTIME_ROOT}/lib NO_DEFAULT_PATH NO_CACHE REQUIRED)
elseif(ORRERY_SYSTEM_WASMTIME)
  find_path(found_include wasmtime.h NO_CACHE)
  find_library(found_library wasmtime NO_CACHE)
endif()
if(found_include AND found_library)
  file(STRINGS ${found_include}/wasmtime.h line REGEX "define WASMTIME_VERSION_MAJOR")
  string(REGEX MATCH "[0-9]+" found_major "${line}")
  if(NOT found_major STREQUAL wasmtime_major)
    message(STATUS "Wasmtime ${found_major} in ${found_include} is passed over: ${wasmtime_major} is needed")
    set(found_include "")
  endif()
endif()

if(found_include AND found_library)
  message(STATUS "Wasmtime: ${found_library}")
  add_library(orrery_wasmtime UNKNOWN IMPORTED GLOBAL)
  set_target_properties(orrery_wasmtime PROPERTIES IMPORTED_LOCATION ${found_library}
    INTERFACE_INCLUDE_DIRECTORIES ${found_include})
else()
  file(SHA256 ${crate}/Cargo.lock lock_hash)
  string(SHA256 hash "${lock_hash} ${manifest}")
  string(SUBSTRING ${hash} 0 12 hash)
  set(dir ${ORRERY_DEPS_DIR}/wasmtime-${hash})
  file(MAKE_DIRECTORY ${dir}/include)
  # No DEPENDS: the folder is named after what would change it.
  add_custom_command(OUTPUT ${dir}/lib/libwasmtime.a
    COMMAND ${CMAKE_SOURCE_DIR}/tools/build_wasmtime ${dir}
    COMMENT "Wasmtime in ${dir}" USES_TERMINAL VERBATIM)
  add_custom_target(orrery_wasmtime_build DEPENDS ${dir}/lib/libwasmtime.a)
  add_library(orrery_wasmtime STATIC IMPORTED GLOBAL)
  add_dependencies(orrery_wasmtime orrery_wasmtime_build)
  set_target_properties(orrery_wasmtime PROPERTIES IMPORTED_LOCATION ${dir}/lib/libwasmtime.a
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${dir}/include)
  target_include_directories(orrery_wasmtime SYSTEM INTERFACE ${dir}/include)
endif()
target_link_libraries(orrery_wasmtime INTERFACE ${CMAKE_DL_LIBS} m)
