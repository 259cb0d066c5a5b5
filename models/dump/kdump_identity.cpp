// What a kdump header says of the guest, from its VMCOREINFO and the architecture.
//
// Readers use the header before they look at the notes: drgn and libkdumpfile find the architecture in
// utsname, makedumpfile translates addresses by phys_base. QEMU leaves most of it empty and reads the number
// behind phys_base's key as hexadecimal, which the kernel prints in decimal; its layout has that too.

#include "models/dump/kdump_identity.h"

#include "models/dump/vmcoreinfo_text.h"

#include <algorithm>
#include <string_view>

namespace vmcore {

namespace {

constexpr uint16_t em_arm = 40, em_aarch64 = 183;

struct descriptor_place {
    uint64_t offset = 0;
    uint64_t size = 0;
};

// The descriptor of the note named VMCOREINFO, which comes last.
descriptor_place find_vmcoreinfo(const std::vector<uint8_t>& notes, byte_order order) {
    constexpr std::string_view wanted("VMCOREINFO", 11);
    constexpr uint64_t note_header = 12;
    const char* text = reinterpret_cast<const char*>(notes.data());
    descriptor_place found;
    for (uint64_t at = 0; at + note_header <= notes.size();) {
        const uint64_t name_size = load_bytes(&notes[at], 4, order);
        const uint64_t size = load_bytes(&notes[at + 4], 4, order);
        const uint64_t descriptor = at + note_header + (name_size + 3) / 4 * 4;
        if (descriptor + size > notes.size())
            break;
        if (std::string_view(text + at + note_header, name_size) == wanted)
            found = {descriptor, size};
        at = descriptor + (size + 3) / 4 * 4;
    }
    return found;
}

bool is_arm(const dump_target& target) {
    return target.machine == em_arm || target.machine == em_aarch64;
}

uint32_t portable_page_size(const vmcoreinfo_text& text, const std::vector<uint32_t>& possible) {
    const auto said = std::find(possible.begin(), possible.end(), text.number("PAGESIZE").value_or(0));
    return said != possible.end() ? *said : possible.front();
}

} // namespace

kdump_header identify_kdump(const kdump_job& job) {
    const dump_target& target = *job.target;
    kdump_header header;
    header.note_size = job.notes.size();
    const descriptor_place place = find_vmcoreinfo(job.notes, target.order);
    header.vmcoreinfo_offset = place.offset;
    header.vmcoreinfo_size = place.size;
    const char* notes = reinterpret_cast<const char*>(job.notes.data());
    const vmcoreinfo_text text({notes + place.offset, static_cast<size_t>(place.size)});
    const uint64_t lowest = is_arm(target) && !job.ranges.empty() ? job.ranges.front().base : 0;

    header.phys_base = job.phys_base.value_or(lowest);
    if (job.layout == dump_layout::qemu) {
        header.block_size = target.qemu_page_size;
        header.machine = "Unknown";
        return header;
    }
    header.block_size = portable_page_size(text, target.page_sizes);
    header.machine = target.uts_machine;
    if (const auto release = text.value("OSRELEASE")) {
        header.sysname = "Linux";
        header.release = std::string(*release);
        header.version = "#1"; // VMCOREINFO does not tell it, and drgn wants one
    }
    return header;
}

} // namespace vmcore
