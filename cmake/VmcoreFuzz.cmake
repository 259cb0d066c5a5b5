# vmcore_fuzz(NAME SOURCES ... [LIBS ...]): the fuzz program NAME_fuzz, whose sources have LLVMFuzzerInitialize and
# LLVMFuzzerTestOneInput. With VMCORE_FUZZ (preset fuzz, clang) libFuzzer drives it; otherwise the replayer does. Either
# way ctest runs the inputs of corpus/NAME through it.

function(vmcore_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  set(program ${name}_fuzz)
  add_executable(${program} ${ARG_SOURCES} program.cpp)
  target_include_directories(${program} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${program} PRIVATE ${ARG_LIBS})
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzz")
  vmcore_compile_options(${program} TEST)
  set(run_once)
  set(environment "${vmcore_test_env}")
  if(VMCORE_FUZZ)
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    set(run_once -runs=0)
    # libFuzzer has objects that only the stack points at: the leak checker must look there, as it does by itself.
    list(FILTER environment EXCLUDE REGEX "^LSAN_OPTIONS=")
  else()
    target_sources(${program} PRIVATE replay.cpp)
  endif()
  add_dependencies(fuzz ${program})
  add_test(NAME fuzz.${name} COMMAND ${program} ${run_once} "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}")
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120 ENVIRONMENT "${environment}")
endfunction()
