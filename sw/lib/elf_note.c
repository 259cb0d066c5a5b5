#include "sw/lib/elf_note.h"

#include "sw/lib/string.h"

_Static_assert(sizeof(struct vmcoreinfo_note) == NOTE_CAPACITY, "no padding of the compiler's");

enum { note_type_vmcoreinfo = 0, note_name_size = sizeof "VMCOREINFO" };

struct text note_begin(struct vmcoreinfo_note* note) {
    memset(note, 0, sizeof *note);
    return text_begin(note->descriptor, sizeof note->descriptor);
}

static void put_key(struct text* lines, const char* kind, const char* name) {
    text_string(lines, kind);
    text_char(lines, '(');
    text_string(lines, name);
    text_string(lines, ")=");
}

void note_text(struct text* lines, const char* key, const char* value) {
    text_string(lines, key);
    text_char(lines, '=');
    text_string(lines, value);
    text_char(lines, '\n');
}

void note_symbol(struct text* lines, const char* name, const void* address) {
    put_key(lines, "SYMBOL", name);
    text_hex(lines, (uintptr_t)address, 1);
    text_char(lines, '\n');
}

static void put_decimal(struct text* lines, const char* kind, const char* name, uint64_t value) {
    put_key(lines, kind, name);
    text_decimal(lines, value);
    text_char(lines, '\n');
}

void note_size(struct text* lines, const char* type, size_t size) {
    put_decimal(lines, "SIZE", type, size);
}

void note_offset(struct text* lines, const char* member, size_t offset) {
    put_decimal(lines, "OFFSET", member, offset);
}

void note_decimal(struct text* lines, const char* name, uint64_t value) {
    put_decimal(lines, "NUMBER", name, value);
}

void note_hex(struct text* lines, const char* name, uint64_t value) {
    put_key(lines, "NUMBER", name);
    text_string(lines, "0x");
    text_hex(lines, value, 1);
    text_char(lines, '\n');
}

uint32_t note_end(struct vmcoreinfo_note* note, const struct text* lines) {
    if (lines->truncated) {
        return 0;
    }
    note->name_size = note_name_size;
    note->descriptor_size = (uint32_t)lines->length;
    note->type = note_type_vmcoreinfo;
    memcpy(note->name, "VMCOREINFO", note_name_size);
    const uint32_t padded = (note->descriptor_size + 3) & ~3U;
    return (uint32_t)offsetof(struct vmcoreinfo_note, descriptor) + padded;
}
