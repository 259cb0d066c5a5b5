#pragma once

#include <stdint.h>

/// Traps of the machine. A fault of one of the probes below is handed to its caller; every other trap is
/// reported on the console and ends the program with exit status `trap_exit_status`.

enum { trap_exit_status = 254 };

/// Exception codes of mcause (RISC-V privileged specification, table of machine cause values).
enum trap_cause {
    trap_none = -1, ///< of a probe: the access went through
    trap_load_access_fault = 5,
    trap_store_access_fault = 7,
};

/// What became of one probed access.
struct probe_result {
    int64_t cause; ///< a trap_cause or another exception code
    uint64_t tval; ///< mtval of the trap; 0 when there was none
};

/// Loads `width` bytes (1, 2, 4 or 8) at `address` in one access; `*value` changes only when it went through.
struct probe_result probe_load(uintptr_t address, unsigned width, uint64_t* value);

/// Stores the low `width` bytes (1, 2, 4 or 8) of `value` at `address` in one access.
struct probe_result probe_store(uintptr_t address, unsigned width, uint64_t value);
