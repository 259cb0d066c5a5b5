# Finds RapidCheck and defines rapidcheck::rapidcheck. (Its own CMake package, where a distribution has one, defines
# targets without a namespace only; <rapidcheck/gtest.h> needs GoogleTest beside it.)

find_path(RapidCheck_INCLUDE_DIR NAMES rapidcheck.h)
find_library(RapidCheck_LIBRARY NAMES rapidcheck)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(RapidCheck REQUIRED_VARS RapidCheck_LIBRARY RapidCheck_INCLUDE_DIR)

if(RapidCheck_FOUND AND NOT TARGET rapidcheck::rapidcheck)
  add_library(rapidcheck::rapidcheck UNKNOWN IMPORTED)
  set_target_properties(rapidcheck::rapidcheck PROPERTIES
    IMPORTED_LOCATION "${RapidCheck_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${RapidCheck_INCLUDE_DIR}")
endif()
mark_as_advanced(RapidCheck_INCLUDE_DIR RapidCheck_LIBRARY)
