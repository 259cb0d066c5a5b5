#pragma once

#include "models/dump/guest_state.h"
#include "models/tlm/endian.h"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace vmcore {

/// Something that looks like a kernel's VMCOREINFO: lines of KEY=value, of which the first is OSRELEASE.
struct vmcoreinfo_trace {
    uint64_t text_paddr = 0;
    uint32_t text_size = 0; ///< bytes, up to the end of the last line
    /// When it is in a note, whose header and name are the 24 bytes before: bytes of the descriptor, else 0.
    uint32_t descriptor_size = 0;

    bool is_note() const { return descriptor_size != 0; }
};

struct rescue_scan {
    std::vector<vmcoreinfo_trace> traces; ///< in ascending order
    uint64_t traces_left_out = 0;         ///< found when there were too many
    /// The releases that "Linux version" in memory is followed by, and where it is first.
    std::unordered_map<std::string, uint64_t> banners;
};

/// Length of the header and the name of a VMCOREINFO note.
constexpr uint32_t vmcoreinfo_header_size = 24;

/// Looks at all memory that was ever touched, once, in time linear in its size whatever a guest put there.
/// Words are compared, so what does not begin at a multiple of 4 is not found: notes and Linux's banner do,
/// and a text without a note counts only at the start of a page.
rescue_scan scan_for_vmcoreinfo(const guest_memory& memory, byte_order order);

} // namespace vmcore
