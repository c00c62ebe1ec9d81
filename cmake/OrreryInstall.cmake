# cmake --install: headers, the shared libraries, the orrery program, a CMake package and pkg-config files.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(FILES
  ${CMAKE_SOURCE_DIR}/include/orrery/orrery.h
  ${CMAKE_SOURCE_DIR}/include/orrery/orrery.hpp
  ${CMAKE_SOURCE_DIR}/include/orrery/stoolap.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/orrery)
set_target_properties(orrery_shared PROPERTIES EXPORT_NAME orrery)
set_target_properties(stoolap_shared PROPERTIES EXPORT_NAME stoolap)
install(TARGETS orrery_shared stoolap_shared EXPORT orrery-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET orrery_cli)
  install(TARGETS orrery_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # What the program builds C++ modules with; it looks beside itself (src/cli/module_build.cc).
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/module-cpp DESTINATION ${CMAKE_INSTALL_DATADIR}/orrery/sdk)
endif()

set(ORRERY_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/orrery)
install(EXPORT orrery-targets NAMESPACE orrery:: DESTINATION ${ORRERY_PACKAGE_DIR})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/orrery-config.cmake.in
  ${CMAKE_BINARY_DIR}/orrery-config.cmake INSTALL_DESTINATION ${ORRERY_PACKAGE_DIR})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/orrery-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/orrery-config.cmake ${CMAKE_BINARY_DIR}/orrery-config-version.cmake
  DESTINATION ${ORRERY_PACKAGE_DIR})

# The prefix may be chosen at installation and the folder moved, so the file finds its own place.
file(RELATIVE_PATH ORRERY_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(name orrery stoolap)
  set(ORRERY_PC_NAME ${name})
  configure_file(${CMAKE_SOURCE_DIR}/cmake/library.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
