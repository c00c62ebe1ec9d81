# The console's files as one source of the server, ${ORRERY_CONSOLE_SOURCE}. npm makes it of console/; where that cannot
# be, or is not wanted, a page that says so stands at /.
include_guard()

option(ORRERY_CONSOLE "Build the console that the server shows at / (needs node 18 and npm)" ON)
set(ORRERY_CONSOLE_SOURCE ${CMAKE_SOURCE_DIR}/cmake/console_not_built.cc)
if(NOT ORRERY_CONSOLE)
  return()
endif()

find_program(ORRERY_NODE node)
find_program(ORRERY_NPM npm)
set(node_major 0)
if(ORRERY_NODE)
  execute_process(COMMAND ${ORRERY_NODE} --version OUTPUT_VARIABLE node_version)
  string(REGEX MATCH "[0-9]+" node_major "${node_version}")
endif()
if(NOT ORRERY_NPM OR node_major LESS 18)
  message(STATUS "no npm with node 18 or later: the console is not built (tools/setup installs them)")
  return()
endif()

file(GLOB_RECURSE console_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/console/src/* ${CMAKE_SOURCE_DIR}/console/style/*)
set(ORRERY_CONSOLE_SOURCE ${CMAKE_BINARY_DIR}/console/console_bundle.cc)
add_custom_command(OUTPUT ${ORRERY_CONSOLE_SOURCE}
  COMMAND ${CMAKE_SOURCE_DIR}/tools/build_console ${CMAKE_BINARY_DIR}/console
  DEPENDS ${console_sources} ${CMAKE_SOURCE_DIR}/console/package-lock.json ${CMAKE_SOURCE_DIR}/console/build.mjs
    ${CMAKE_SOURCE_DIR}/console/index.html ${CMAKE_SOURCE_DIR}/console/icon.svg ${CMAKE_SOURCE_DIR}/tools/build_console
  COMMENT "the console" VERBATIM)
