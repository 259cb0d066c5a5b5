# vmcore_test(NAME SOURCES ... [LIBS ...] [LABEL unit] [TIMEOUT 60] [PREFIX p.] [ENV K=V ...]): a GoogleTest program.
# ctest runs every test of it in a process of its own, because SystemC's kernel is a singleton.

find_package(GTest REQUIRED)
include(GoogleTest)

set(vmcore_test_env "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1")
if(VMCORE_SANITIZE)
  # SystemC switches stacks by itself: use-after-return detection cannot follow, and the leak checker, taking a process's
  # stack of old for that of the main thread, would read where nothing is mapped any more. At exit no stack holds pointers.
  list(APPEND vmcore_test_env "ASAN_OPTIONS=detect_stack_use_after_return=0:alloc_dealloc_mismatch=0"
    "LSAN_OPTIONS=use_stacks=0" "UBSAN_OPTIONS=print_stacktrace=1")
endif()

function(vmcore_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT;PREFIX" "SOURCES;LIBS;ENV" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} vmcore_test_harness)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  vmcore_compile_options(${name} TEST)
  gtest_discover_tests(${name} TEST_PREFIX "${ARG_PREFIX}" DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
  # gtest_discover_tests cuts a list of several variables apart, so the environment comes in a script of its own.
  set(script "${CMAKE_CURRENT_BINARY_DIR}/${name}_environment.cmake")
  set(environment ${vmcore_test_env} ${ARG_ENV})
  file(WRITE "${script}" "foreach(test IN LISTS ${name}_TESTS)
  set_tests_properties(\"\${test}\" PROPERTIES ENVIRONMENT [==[${environment}]==])
endforeach()
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${script}")
endfunction()
