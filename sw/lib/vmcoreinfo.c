#include "sw/lib/vmcoreinfo.h"

#include "sw/lib/string.h"

_Static_assert(sizeof(struct vmcoreinfo_record) == 16, "the specification's layout");

const char* vmcoreinfo_status_name(enum vmcoreinfo_status status) {
    switch (status) {
    case VMCOREINFO_OK: return "ok";
    case VMCOREINFO_NO_DEVICE: return "no vmcoreinfo device";
    case VMCOREINFO_BAD_SIZE: return "etc/vmcoreinfo has not 16 bytes";
    case VMCOREINFO_NO_ELF: return "the host takes no elf notes";
    case VMCOREINFO_BAD_NOTE: return "bad note size";
    case VMCOREINFO_NOT_KEPT: return "record not kept";
    case VMCOREINFO_FW_CFG_ERROR: return "fw_cfg error";
    }
    return "unknown status";
}

static enum vmcoreinfo_status transferred(struct vmcoreinfo* device, enum fw_cfg_status status) {
    device->transport = status;
    return status == FW_CFG_OK ? VMCOREINFO_OK : VMCOREINFO_FW_CFG_ERROR;
}

enum vmcoreinfo_status vmcoreinfo_open(struct vmcoreinfo* device, struct fw_cfg* fw_cfg) {
    struct fw_cfg_file file;
    *device = (struct vmcoreinfo){.fw_cfg = fw_cfg};
    enum vmcoreinfo_status status = transferred(device, fw_cfg_find(fw_cfg, "etc/vmcoreinfo", &file));
    if (status != VMCOREINFO_OK) {
        return device->transport == FW_CFG_NOT_FOUND ? VMCOREINFO_NO_DEVICE : status;
    }
    if (file.size != sizeof(struct vmcoreinfo_record)) {
        return VMCOREINFO_BAD_SIZE;
    }
    device->key = file.key;

    struct vmcoreinfo_record record;
    status = vmcoreinfo_read(device, &record);
    if (status != VMCOREINFO_OK) {
        return status;
    }
    device->host_format = record.host_format;
    return (record.host_format & VMCOREINFO_FORMAT_ELF) != 0 ? VMCOREINFO_OK : VMCOREINFO_NO_ELF;
}

enum vmcoreinfo_status vmcoreinfo_read(struct vmcoreinfo* device, struct vmcoreinfo_record* record) {
    return transferred(device, fw_cfg_dma_read(device->fw_cfg, device->key, record, sizeof *record));
}

// One transfer of all 16 bytes: the host takes a record that arrives in parts for no record.
static enum vmcoreinfo_status store(struct vmcoreinfo* device, const struct vmcoreinfo_record* record) {
    enum vmcoreinfo_status status =
        transferred(device, fw_cfg_dma_write(device->fw_cfg, device->key, record, sizeof *record));
    if (status != VMCOREINFO_OK) {
        return status;
    }
    struct vmcoreinfo_record kept;
    status = vmcoreinfo_read(device, &kept);
    if (status != VMCOREINFO_OK) {
        return status;
    }
    return memcmp(&kept, record, sizeof kept) == 0 ? VMCOREINFO_OK : VMCOREINFO_NOT_KEPT;
}

enum vmcoreinfo_status vmcoreinfo_publish(struct vmcoreinfo* device, uint64_t paddr, uint32_t size) {
    if (size < VMCOREINFO_NOTE_SIZE_MIN || size > VMCOREINFO_NOTE_SIZE_MAX) {
        return VMCOREINFO_BAD_NOTE;
    }
    const struct vmcoreinfo_record record = {
        .host_format = device->host_format,
        .guest_format = VMCOREINFO_FORMAT_ELF,
        .size = size,
        .paddr = paddr,
    };
    return store(device, &record);
}

enum vmcoreinfo_status vmcoreinfo_disable(struct vmcoreinfo* device) {
    const struct vmcoreinfo_record record = {
        .host_format = device->host_format,
        .guest_format = VMCOREINFO_FORMAT_NONE,
    };
    return store(device, &record);
}
