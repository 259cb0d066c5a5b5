#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sw/lib/fw_cfg.h"
#include "sw/lib/trap.h"

/// Prints "ok NAME" or "FAIL NAME" and counts the failures.
void check(const char* name, bool passed);

/// As check, and shows both values when they differ.
void check_equal(const char* name, uint64_t got, uint64_t expected);

/// Checks that a probed access trapped with `cause` and that mtval holds `address`.
void check_fault(const char* name, struct probe_result result, enum trap_cause cause, uintptr_t address);

/// Failures so far.
unsigned failures(void);

/// The groups of checks, each in the source file of its name.
void check_registers(struct fw_cfg* fw_cfg);
void check_dma(struct fw_cfg* fw_cfg);
void check_record(struct fw_cfg* fw_cfg);
