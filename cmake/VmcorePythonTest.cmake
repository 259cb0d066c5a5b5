# vmcore_python_test(NAME LABEL SCRIPT ARGUMENTS...): a Python program as a test; exit status 77 means skipped.

find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(vmcore_python_test name label script)
  add_test(NAME ${name} COMMAND Python3::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/${script}" ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 300 SKIP_RETURN_CODE 77
    ENVIRONMENT "${vmcore_test_env}")
endfunction()
