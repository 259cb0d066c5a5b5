#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sw/lib/text.h"

/// Builds an ELF note named VMCOREINFO whose descriptor is text of KEY=value lines, as dump readers expect
/// it. Radixes are those of Linux on riscv64, since readers parse each kind of line in one fixed radix.

enum { NOTE_CAPACITY = 4096 };

/// The note in memory: a header (of the same layout in 32-bit and 64-bit ELF files), the name and the
/// descriptor.
struct vmcoreinfo_note {
    uint32_t name_size;
    uint32_t descriptor_size;
    uint32_t type;
    char name[12]; ///< "VMCOREINFO", terminated, padded to 4 bytes
    char descriptor[NOTE_CAPACITY - 24];
};

/// Starts the text of the note's descriptor.
struct text note_begin(struct vmcoreinfo_note* note);

/// KEY=text
void note_text(struct text* lines, const char* key, const char* value);

/// SYMBOL(name)=hexadecimal address without prefix
void note_symbol(struct text* lines, const char* name, const void* address);

/// SIZE(name)=decimal
void note_size(struct text* lines, const char* type, size_t size);

/// OFFSET(type.member)=decimal
void note_offset(struct text* lines, const char* member, size_t offset);

/// NUMBER(name)=decimal
void note_decimal(struct text* lines, const char* name, uint64_t value);

/// NUMBER(name)=0x hexadecimal
void note_hex(struct text* lines, const char* name, uint64_t value);

/// Writes the header. Returns the bytes of the note including its padding, or 0 when the text did not fit.
uint32_t note_end(struct vmcoreinfo_note* note, const struct text* lines);
