# orrery_add_module_wasm(NAME source...): a module for Orrery (or SpacetimeDB) as NAME.wasm in the build folder.
#
# Include this file before project(): unless a toolchain is chosen already (emscripten's emcmake, another WASI SDK), it chooses
# the distribution's clang for WebAssembly. Then:
#
#   include(<sdk>/cmake/OrreryModuleWasm.cmake)
#   project(my_module CXX)
#   orrery_add_module_wasm(my_module src/module.cpp)
#
# ORRERY_WASM_OPT=OFF leaves wasm-opt out where it is installed.
include_guard(GLOBAL)
get_filename_component(ORRERY_MODULE_SDK "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
option(ORRERY_WASM_OPT "Shrink modules with wasm-opt where it is installed" ON)
if(NOT CMAKE_PROJECT_NAME AND NOT CMAKE_TOOLCHAIN_FILE AND NOT DEFINED ENV{EMSDK})
  set(CMAKE_TOOLCHAIN_FILE "${CMAKE_CURRENT_LIST_DIR}/wasi-toolchain.cmake")
endif()
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

function(orrery_add_module_wasm name)
  if(NOT CMAKE_SYSTEM_NAME MATCHES "^(WASI|Emscripten)$")
    message(FATAL_ERROR "orrery_add_module_wasm: include OrreryModuleWasm.cmake before project(), or choose a toolchain "
                        "for WebAssembly; this one is for ${CMAKE_SYSTEM_NAME}")
  endif()
  if(NOT TARGET spacetimedb_cpp_library)
    add_subdirectory("${ORRERY_MODULE_SDK}" "${CMAKE_BINARY_DIR}/orrery-module-sdk")
  endif()
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES SUFFIX .wasm CXX_EXTENSIONS OFF)
  target_link_libraries(${name} PRIVATE spacetimedb_cpp_library orrery_module_options)
  if(ORRERY_WASM_OPT)
    find_program(ORRERY_WASM_OPT_PROGRAM wasm-opt)
    if(ORRERY_WASM_OPT_PROGRAM)
      add_custom_command(
        TARGET ${name}
        POST_BUILD
        COMMAND
          ${ORRERY_WASM_OPT_PROGRAM} -Os --enable-bulk-memory --enable-sign-ext --enable-nontrapping-float-to-int
          --enable-multivalue --enable-mutable-globals $<TARGET_FILE:${name}> -o $<TARGET_FILE:${name}>
        VERBATIM)
    endif()
  endif()
endfunction()
