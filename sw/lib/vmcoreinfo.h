#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sw/lib/fw_cfg.h"

/// Driver of QEMU's vmcoreinfo device: the fw_cfg file "etc/vmcoreinfo", 16 bytes, through which a guest
/// tells where an ELF note about itself lies, for the host to append to memory dumps (QEMU specification
/// "VMCoreInfo device"). A system reset forgets the record.

enum vmcoreinfo_status {
    VMCOREINFO_OK,
    VMCOREINFO_NO_DEVICE, ///< there is no file etc/vmcoreinfo
    VMCOREINFO_BAD_SIZE,  ///< the file has not 16 bytes
    VMCOREINFO_NO_ELF,    ///< the host does not take ELF notes (or an earlier guest overwrote what it takes)
    VMCOREINFO_BAD_NOTE,  ///< note shorter than its header or longer than 1 MiB
    VMCOREINFO_NOT_KEPT,  ///< the record read back is not the one written
    VMCOREINFO_FW_CFG_ERROR ///< the transfer failed: see `transport`
};

/// The name of a status in lower case, for messages; "unknown status" for other values.
const char* vmcoreinfo_status_name(enum vmcoreinfo_status status);

enum { VMCOREINFO_FORMAT_NONE = 0, VMCOREINFO_FORMAT_ELF = 1 };
enum { VMCOREINFO_NOTE_SIZE_MIN = 12, VMCOREINFO_NOTE_SIZE_MAX = 1 << 20 };

/// The record as the file holds it. Little-endian, as is the hart.
struct vmcoreinfo_record {
    uint16_t host_format;  ///< bit mask of formats that the host takes
    uint16_t guest_format; ///< VMCOREINFO_FORMAT_NONE: no note
    uint32_t size;         ///< bytes at `paddr`; the note with its padding must fit in
    uint64_t paddr;        ///< physical address of the note
};

/// One device. vmcoreinfo_open fills it.
struct vmcoreinfo {
    struct fw_cfg* fw_cfg;
    uint16_t key;
    uint16_t host_format;
    enum fw_cfg_status transport; ///< result of the last fw_cfg operation
};

/// Finds the device and checks that it takes ELF notes.
enum vmcoreinfo_status vmcoreinfo_open(struct vmcoreinfo* device, struct fw_cfg* fw_cfg);

/// Reads the record as the device holds it.
enum vmcoreinfo_status vmcoreinfo_read(struct vmcoreinfo* device, struct vmcoreinfo_record* record);

/// Announces the ELF note of `size` bytes (12 to 1 MiB) at physical address `paddr` and checks that the
/// device kept it. host_format is written back as the device told it, so that a later program finds it
/// unchanged.
enum vmcoreinfo_status vmcoreinfo_publish(struct vmcoreinfo* device, uint64_t paddr, uint32_t size);

/// Takes the note back: dumps are made without it from now on.
enum vmcoreinfo_status vmcoreinfo_disable(struct vmcoreinfo* device);
