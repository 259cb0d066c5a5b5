// The program's VMCOREINFO text. It states what holds for this program and leaves out what it has not got:
// there are no modules, no vmalloc area and no page tables, so no keys of these.
#include "sw/vmcoreinfo/description.h"

#include "sw/lib/board.h"
#include "sw/lib/build_id.h"
#include "sw/lib/finisher.h"

extern const char _start[], image_start[], image_text_end[], image_end[];
int main(uint64_t hart, uint64_t device_tree);

struct boot_report boot_report = {.magic = {'V', 'M', 'C', 'O', 'R', 'E', 'V', 'P'}};

// A function's address as a symbol line takes it.
static const void* code(void (*function)(void)) {
    return (const void*)(uintptr_t)function;
}

static void put_build_id(struct text* lines) {
    size_t length;
    const uint8_t* id = build_id(&length);
    if (length == 0) {
        return;
    }
    text_string(lines, "BUILD-ID=");
    for (size_t i = 0; i < length; i++) {
        text_hex(lines, id[i], 2);
    }
    text_char(lines, '\n');
}

uint32_t describe_program(struct vmcoreinfo_note* note) {
    struct text lines = note_begin(note);

    note_text(&lines, "OSRELEASE", "vmcore-vp-firmware-" FIRMWARE_VERSION);
    put_build_id(&lines);
    text_string(&lines, "PAGESIZE=");
    text_decimal(&lines, BOARD_PAGE_SIZE);
    text_char(&lines, '\n');

    note_symbol(&lines, "_start", _start);
    note_symbol(&lines, "_stext", image_start);
    note_symbol(&lines, "_etext", image_text_end);
    note_symbol(&lines, "_end", image_end);
    note_symbol(&lines, "main", code((void (*)(void))main));
    note_symbol(&lines, "poweroff", code((void (*)(void))poweroff));
    note_symbol(&lines, "boot_report", &boot_report);
    note_size(&lines, "boot_report", sizeof boot_report);
    note_offset(&lines, "boot_report.note_address", offsetof(struct boot_report, note_address));
    note_offset(&lines, "boot_report.note_size", offsetof(struct boot_report, note_size));
    note_offset(&lines, "boot_report.record_verified", offsetof(struct boot_report, record_verified));

    // Machine mode without translation: virtual addresses are physical ones, over the whole register width.
    note_decimal(&lines, "phys_ram_base", BOARD_RAM_BASE);
    note_decimal(&lines, "VA_BITS", 64);
    note_hex(&lines, "PAGE_OFFSET", BOARD_RAM_BASE);
    note_hex(&lines, "KERNEL_LINK_ADDR", (uintptr_t)image_start);
    note_hex(&lines, "va_kernel_pa_offset", 0);

    return note_end(note, &lines);
}
