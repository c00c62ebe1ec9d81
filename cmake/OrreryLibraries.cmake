# The libraries that leave the house: libstoolap.so and liborrery.so (the same code under two names, with nothing
# visible but the C interfaces), and the WebAssembly module.

file(STRINGS ${CMAKE_SOURCE_DIR}/include/orrery/stoolap.h ORRERY_STOOLAP_DECLARATIONS
  REGEX "^[a-z].*[ *]stoolap_[a-z0-9_]+\\(")
set(ORRERY_STOOLAP_FUNCTIONS)
foreach(line ${ORRERY_STOOLAP_DECLARATIONS})
  string(REGEX REPLACE "^.*[ *](stoolap_[a-z0-9_]+)\\(.*$" "\\1" name "${line}")
  list(APPEND ORRERY_STOOLAP_FUNCTIONS ${name})
endforeach()

if(ORRERY_WASI)
  add_executable(orrery_wasm ${CMAKE_SOURCE_DIR}/cmake/empty.cc)
  set_target_properties(orrery_wasm PROPERTIES OUTPUT_NAME orrery SUFFIX .wasm
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  target_link_libraries(orrery_wasm PRIVATE -Wl,--whole-archive orrery_capi -Wl,--no-whole-archive)
  # A deep recursion must trap instead of writing over data, so the stack comes first.
  target_link_options(orrery_wasm PRIVATE -mexec-model=reactor -nostartfiles -Wl,--no-entry -Wl,--gc-sections
    -Wl,-z,stack-size=2097152 -Wl,--stack-first -Wl,--strip-debug)
  foreach(name ${ORRERY_STOOLAP_FUNCTIONS})
    target_link_options(orrery_wasm PRIVATE -Wl,--export=${name})
  endforeach()
  find_program(ORRERY_WASM_OPT wasm-opt)
  if(ORRERY_WASM_OPT)
    add_custom_command(TARGET orrery_wasm POST_BUILD VERBATIM
      COMMAND ${ORRERY_WASM_OPT} -Os --enable-bulk-memory --enable-sign-ext --enable-nontrapping-float-to-int
        --enable-mutable-globals --enable-multivalue --enable-simd --enable-reference-types
        $<TARGET_FILE:orrery_wasm> -o $<TARGET_FILE:orrery_wasm>)
  endif()
  return()
endif()

function(orrery_add_shared TARGET FILE_NAME)
  add_library(${TARGET} SHARED ${CMAKE_SOURCE_DIR}/cmake/empty.cc)
  set_target_properties(${TARGET} PROPERTIES OUTPUT_NAME ${FILE_NAME}
    LINK_DEPENDS ${CMAKE_SOURCE_DIR}/src/capi/exports.map)
  target_link_libraries(${TARGET} PRIVATE -Wl,--whole-archive orrery_capi -Wl,--no-whole-archive)
  target_include_directories(${TARGET} INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:include>)
  target_link_options(${TARGET} PRIVATE -Wl,--version-script=${CMAKE_SOURCE_DIR}/src/capi/exports.map -Wl,-z,now)
  if(NOT ORRERY_SANITIZE)
    target_link_options(${TARGET} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
orrery_add_shared(stoolap_shared stoolap)
orrery_add_shared(orrery_shared orrery)
set_target_properties(orrery_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})

# The orrery program.
find_path(ORRERY_LIBEDIT_INCLUDE histedit.h)
find_library(ORRERY_LIBEDIT edit)
if(ORRERY_LIBEDIT AND ORRERY_LIBEDIT_INCLUDE)
  file(GLOB ORRERY_CLI_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/cli/*.cc)
  list(FILTER ORRERY_CLI_SOURCES EXCLUDE REGEX "_test\\.cc$")
  include(OrreryTemplates)
  orrery_embed_templates(${CMAKE_BINARY_DIR}/generated/templates.cc)
  add_executable(orrery_cli ${ORRERY_CLI_SOURCES} ${CMAKE_BINARY_DIR}/generated/templates.cc)
  set_target_properties(orrery_cli PROPERTIES OUTPUT_NAME orrery)
  target_compile_definitions(orrery_cli PRIVATE ORRERY_VERSION="${PROJECT_VERSION}"
    ORRERY_SOURCE_SDK="${CMAKE_SOURCE_DIR}/sdk/module-cpp")
  # Headers only.
  find_path(ORRERY_TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)
  target_include_directories(orrery_cli SYSTEM PRIVATE ${ORRERY_TOMLPLUSPLUS_INCLUDE})
  target_include_directories(orrery_cli PRIVATE ${ORRERY_LIBEDIT_INCLUDE})
  target_link_libraries(orrery_cli PRIVATE orrery_engine orrery_server ${ORRERY_LIBEDIT})
  orrery_precompile(orrery_cli standard)
else()
  message(STATUS "no libedit: the orrery program is not built")
endif()
