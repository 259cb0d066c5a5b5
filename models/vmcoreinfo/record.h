#pragma once

#include <cstdint>

namespace vmcore {

/// Formats of the note that a guest may announce (docs/specs/vmcoreinfo of QEMU: VMCOREINFO_FORMAT_*).
enum vmcoreinfo_format : uint16_t { vmcoreinfo_format_none = 0, vmcoreinfo_format_elf = 1 };

/// What the guest last wrote to etc/vmcoreinfo, in host byte order.
struct vmcoreinfo_record {
    bool present = false;      ///< the last successful write covered all 16 bytes and guest_format was not 0
    uint16_t host_format = 0;  ///< formats the host supports; the guest may overwrite it
    uint16_t guest_format = 0; ///< a vmcoreinfo_format, or any other value a guest wrote
    uint32_t size = 0;         ///< bytes of the guest's note buffer; may exceed the note in it
    uint64_t paddr = 0;        ///< guest-physical address of the note
};

/// Whoever can tell the record: the vmcoreinfo device, or a test.
class vmcoreinfo_source {
public:
    virtual ~vmcoreinfo_source() = default;
    virtual vmcoreinfo_record record() const = 0;
};

} // namespace vmcore
