#pragma once

#include <stdint.h>

#include "sw/lib/elf_note.h"

/// What the program did, kept in memory for whoever opens a dump of it. The note names its address and
/// members.
struct boot_report {
    char magic[8];            ///< "VMCOREVP"
    uint64_t hart;            ///< number of the hart that ran the program
    uint64_t device_tree;     ///< address that the reset vector handed over
    uint64_t note_address;    ///< physical, 0 until the note is published
    uint64_t note_size;       ///< bytes published
    uint64_t record_verified; ///< 1 when the record was read back unchanged
};

extern struct boot_report boot_report;

/// Fills `note` with this program's description of itself. Returns its size, 0 when it does not fit.
uint32_t describe_program(struct vmcoreinfo_note* note);
