#pragma once

#include "models/dump/arch.h"
#include "models/dump/dump_layout.h"
#include "models/dump/guest_state.h"
#include "models/vmcoreinfo/record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vmcore {

/// One ELF note, ready for a PT_NOTE segment (ELF specification, "Note Section"; 4-byte words in both
/// classes).
struct elf_note {
    std::string owner;          ///< the name, printable: other bytes appear as \xNN, and a long name is cut
    uint32_t type = 0;          ///< n_type
    uint32_t size = 0;          ///< bytes of the descriptor
    std::vector<uint8_t> bytes; ///< header, name and descriptor, each padded to 4 bytes
};

/// What came of the note that the guest announced.
struct guest_note {
    std::optional<elf_note> note;      ///< none: the dump goes without it, and `warnings` says why
    bool is_vmcoreinfo = false;        ///< its name is exactly "VMCOREINFO" with the terminator
    std::string text;                  ///< the descriptor, if it is_vmcoreinfo
    std::optional<uint64_t> phys_base; ///< value of the target's phys_base_key in a VMCOREINFO text
    std::vector<std::string> warnings;
};

/// The largest note a guest may announce, and the largest name and descriptor in it.
constexpr uint32_t max_guest_note_size = 1u << 20;

/// Fetches and checks the note that `record` points at. The guest is not trusted: whatever it wrote, the
/// answer is a note of at most record.size bytes or a warning, never an exception.
/// @param layout in QEMU's a note that is not there is an empty one, the byte behind a VMCOREINFO text
/// becomes 0, and phys_base is read as QEMU reads it
guest_note read_guest_note(const vmcoreinfo_record& record, const guest_memory& memory,
                           const dump_target& target, dump_layout layout = dump_layout::portable);

/// The VMCOREINFO note that a guest with this text could have announced.
guest_note build_vmcoreinfo_note(const std::string& text, const dump_target& target,
                                 dump_layout layout = dump_layout::portable);

/// The notes of all CPUs in file order. In QEMU's layout there are only those that QEMU has as well.
std::vector<elf_note> build_cpu_notes(const dump_target& target, const std::vector<const cpu_context*>& cpus,
                                      dump_layout layout = dump_layout::portable);

} // namespace vmcore
