# Cross-compiles freestanding RISC-V programs beside a host build.
#
# CMake knows one C compiler per build tree and that one is the host's, so guest objects are made by custom
# commands. The compiler writes a dependency file for each, so a changed header rebuilds what includes it.
#
#   vmcore_guest_library(NAME SOURCES ... [DEFINITIONS ...])             an archive; programs take what they use
#   vmcore_guest_program(NAME SOURCES ... [DEFINITIONS ...] [LIBS ...] [LINKER_SCRIPT ...])
#       builds ${PROJECT_BINARY_DIR}/sw/NAME.elf by the target sw_NAME. The linker script and the archives of LIBS
#       are dependencies; _start must be in one of them.

find_program(VMCORE_GUEST_CC riscv64-unknown-elf-gcc DOC "C compiler for the guest firmware")
find_program(VMCORE_GUEST_AR riscv64-unknown-elf-ar DOC "Archiver for the guest firmware")
set(vmcore_guest_machine -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany)

if(NOT VMCORE_GUEST_CC OR NOT VMCORE_GUEST_AR)
  message(FATAL_ERROR
    "The guest firmware needs riscv64-unknown-elf-gcc and riscv64-unknown-elf-ar, which were not found.\n"
    "Install them (Debian: apt-get install gcc-riscv64-unknown-elf), name them with -DVMCORE_GUEST_CC=... and "
    "-DVMCORE_GUEST_AR=..., or leave the firmware out with -DVMCORE_BUILD_SW=OFF.")
endif()
execute_process(
  COMMAND "${VMCORE_GUEST_CC}" ${vmcore_guest_machine} -E -x c /dev/null
  RESULT_VARIABLE vmcore_guest_result OUTPUT_QUIET ERROR_VARIABLE vmcore_guest_error)
if(NOT vmcore_guest_result EQUAL 0)
  message(FATAL_ERROR "${VMCORE_GUEST_CC} cannot compile for ${vmcore_guest_machine}:\n${vmcore_guest_error}")
endif()

set(vmcore_guest_options
  ${vmcore_guest_machine} -std=gnu11 -ffreestanding -nostdlib -O2 -g -Wall -Wextra -Werror
  # The library's own memcpy and memset are loops; they must not be compiled into calls of themselves.
  -fno-tree-loop-distribute-patterns
  # Backtraces from memory dumps: every caller keeps its frame, and .debug_frame (which takes no memory in the
  # guest, as .eh_frame would) describes it.
  -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-asynchronous-unwind-tables
  # The same sources give the same bytes, and so the same build-id, wherever the tree lies.
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=." "-Wa,--debug-prefix-map,${PROJECT_SOURCE_DIR}=."
  "-I${PROJECT_SOURCE_DIR}")

# Sets ${objects} to the object files of ${sources} compiled for target `owner`.
function(vmcore_guest_compile objects owner definitions sources)
  list(TRANSFORM definitions PREPEND -D)
  set(made)
  foreach(source IN LISTS sources)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    cmake_path(GET source FILENAME name)
    set(object "${CMAKE_CURRENT_BINARY_DIR}/guest/${owner}/${name}.o")
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE shown)
    add_custom_command(OUTPUT "${object}"
      COMMAND "${VMCORE_GUEST_CC}" ${vmcore_guest_options} ${definitions}
        -MD -MF "${object}.d" -MT "${object}" -c "${source}" -o "${object}"
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" # which goes into the debug information
      DEPENDS "${source}" DEPFILE "${object}.d"
      COMMENT "Building guest object ${shown} for ${owner}" VERBATIM)
    list(APPEND made "${object}")
  endforeach()
  file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/guest/${owner}")
  set(${objects} ${made} PARENT_SCOPE)
endfunction()

function(vmcore_guest_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEFINITIONS" ${ARGN})
  vmcore_guest_compile(objects "${name}" "${ARG_DEFINITIONS}" "${ARG_SOURCES}")
  set(archive "${CMAKE_CURRENT_BINARY_DIR}/guest/lib${name}.a")
  add_custom_command(OUTPUT "${archive}"
    COMMAND "${CMAKE_COMMAND}" -E rm -f "${archive}" # or members of sources since removed would stay in it
    COMMAND "${VMCORE_GUEST_AR}" rcsD "${archive}" ${objects}
    DEPENDS ${objects} COMMENT "Archiving guest library ${name}" VERBATIM)
  add_custom_target(sw_${name} DEPENDS "${archive}")
  set_target_properties(sw_${name} PROPERTIES VMCORE_GUEST_ARCHIVE "${archive}")
endfunction()

function(vmcore_guest_program name)
  cmake_parse_arguments(ARG "" "LINKER_SCRIPT" "SOURCES;DEFINITIONS;LIBS" ${ARGN})
  vmcore_guest_compile(objects "${name}" "${ARG_DEFINITIONS}" "${ARG_SOURCES}")
  set(archives)
  set(library_targets)
  foreach(library IN LISTS ARG_LIBS)
    get_target_property(archive sw_${library} VMCORE_GUEST_ARCHIVE)
    list(APPEND archives "${archive}")
    list(APPEND library_targets sw_${library})
  endforeach()
  set(script "${ARG_LINKER_SCRIPT}")
  cmake_path(ABSOLUTE_PATH script BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  set(program "${PROJECT_BINARY_DIR}/sw/${name}.elf")
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/sw")
  add_custom_command(OUTPUT "${program}"
    COMMAND "${VMCORE_GUEST_CC}" ${vmcore_guest_options} -static -no-pie "-T${script}"
      -Wl,--build-id=sha1,--gc-sections,--fatal-warnings,-z,max-page-size=4096,-z,noexecstack
      ${objects} -Wl,--start-group ${archives} -lgcc -Wl,--end-group -o "${program}"
    DEPENDS ${objects} ${archives} ${library_targets} "${script}"
    COMMENT "Linking guest program ${name}.elf" VERBATIM)
  add_custom_target(sw_${name} ALL DEPENDS "${program}")
endfunction()
