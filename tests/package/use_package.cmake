# cmake -DBUILD=... -DUSER=... -DEXAMPLE=... -DWORK=... -DFLAGS=... -P use_package.cmake
file(REMOVE_RECURSE "${WORK}")

function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

step(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${WORK}/prefix")
step(${CMAKE_COMMAND} -S "${USER}" -B "${WORK}/build" -G Ninja "-DCMAKE_PREFIX_PATH=${WORK}/prefix"
  "-DEXAMPLE=${EXAMPLE}" "-DCMAKE_CXX_FLAGS=${FLAGS}")
step(${CMAKE_COMMAND} --build "${WORK}/build")
step("${WORK}/build/own_bus")
if(NOT output MATCHES "vmcoreinfo: present")
  message(FATAL_ERROR "the example printed: ${output}")
endif()
