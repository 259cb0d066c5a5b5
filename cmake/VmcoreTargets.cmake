# How every target of the project is built, and the two helpers that declare libraries and tests.

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
  endif()
endif()

# vmcore_compile_options(TARGET [TEST]): warnings, and the sanitizers asked for. A test program's own sources are left out
# of the undefined-behaviour sanitizer, which takes most of their compile time and finds faults of the tests only.
function(vmcore_compile_options target)
  cmake_parse_arguments(ARG "TEST" "" "" ${ARGN})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wnon-virtual-dtor)
  if(VMCORE_SANITIZE)
    set(compiled ${VMCORE_SANITIZE})
    if(ARG_TEST)
      list(REMOVE_ITEM compiled undefined)
    else()
      target_compile_options(${target} PRIVATE -fno-sanitize-recover=undefined)
    endif()
    list(JOIN compiled "," compiled)
    list(JOIN VMCORE_SANITIZE "," linked)
    target_compile_options(${target} PRIVATE -fsanitize=${compiled} -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${linked})
  endif()
endfunction()

# vmcore_library(NAME SOURCES ... LIBS ...): a static library vmcore_NAME, used as vmcore_vp::NAME and installed with its headers.
function(vmcore_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(vmcore_${name} STATIC ${ARG_SOURCES})
  add_library(vmcore_vp::${name} ALIAS vmcore_${name})
  target_compile_features(vmcore_${name} PUBLIC cxx_std_17)
  target_include_directories(vmcore_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include/vmcore_vp>)
  target_link_libraries(vmcore_${name} PUBLIC ${ARG_LIBS})
  set_target_properties(vmcore_${name} PROPERTIES EXPORT_NAME ${name})
  vmcore_compile_options(vmcore_${name})
endfunction()
