# Finds SystemC and defines SystemC::systemc.
#
# Accellera's own CMake package is taken when there is one; Debian ships none, so pkg-config comes next.
# SystemC refuses at link time objects of another C++ standard than the one it was built with, with an
# undefined sc_api_version_* symbol: a link check here says it in words instead.

find_package(SystemCLanguage CONFIG QUIET)
if(TARGET SystemC::systemc)
  set(SystemC_FOUND TRUE)
  return()
endif()

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PC_SYSTEMC QUIET systemc)
endif()
find_path(SystemC_INCLUDE_DIR NAMES systemc HINTS ${PC_SYSTEMC_INCLUDE_DIRS})
find_library(SystemC_LIBRARY NAMES systemc HINTS ${PC_SYSTEMC_LIBRARY_DIRS})

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SystemC
  REQUIRED_VARS SystemC_LIBRARY SystemC_INCLUDE_DIR
  VERSION_VAR PC_SYSTEMC_VERSION)

if(SystemC_FOUND AND NOT TARGET SystemC::systemc)
  add_library(SystemC::systemc UNKNOWN IMPORTED)
  set_target_properties(SystemC::systemc PROPERTIES
    IMPORTED_LOCATION "${SystemC_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${SystemC_INCLUDE_DIR}")
  if(NOT DEFINED SystemC_LINKS)
    set(check_dir "${CMAKE_BINARY_DIR}/CMakeFiles/systemc_check")
    file(WRITE "${check_dir}/check.cpp" "#include <systemc>\nint sc_main(int, char**) { return 0; }\n")
    try_compile(SystemC_LINKS "${check_dir}" SOURCES "${check_dir}/check.cpp"
      CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${SystemC_INCLUDE_DIR}"
      LINK_LIBRARIES "${SystemC_LIBRARY}" pthread
      CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON)
  endif()
  if(NOT SystemC_LINKS)
    message(FATAL_ERROR
      "SystemC was found (${SystemC_LIBRARY}) but does not link with C++17: "
      "it was built for another C++ standard. Install a SystemC built with -std=c++17 (Debian's libsystemc-dev is).")
  endif()
endif()
mark_as_advanced(SystemC_INCLUDE_DIR SystemC_LIBRARY)
