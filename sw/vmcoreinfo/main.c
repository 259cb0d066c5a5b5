// Publishes a VMCOREINFO note about itself through etc/vmcoreinfo and powers the machine off, so that the
// host can take a memory dump that carries the note. Exit status: 0, or one of the codes below.
//
// The console shows nothing that differs between platforms or runs: no times, no keys of files.
#include "sw/lib/board.h"
#include "sw/lib/elf_note.h"
#include "sw/lib/finisher.h"
#include "sw/lib/fw_cfg.h"
#include "sw/lib/print.h"
#include "sw/lib/vmcoreinfo.h"
#include "sw/vmcoreinfo/description.h"

enum {
    exit_no_fw_cfg = 1,
    exit_no_dma = 2,
    exit_no_vmcoreinfo = 3,
    exit_no_note = 4,
    exit_not_published = 5
};

static struct fw_cfg fw_cfg;
static struct vmcoreinfo_note vmcoreinfo_note __attribute__((aligned(BOARD_PAGE_SIZE)));

static void print_field(const char* name, uint64_t value) {
    print(name);
    print_hex(value);
}

static int failed(int exit_status, const char* what, const char* why) {
    print("failed: ");
    print(what);
    print(": ");
    print(why);
    print("\n");
    return exit_status;
}

static int open_fw_cfg(void) {
    const enum fw_cfg_status status = fw_cfg_open(&fw_cfg, BOARD_FW_CFG_BASE);
    if (status != FW_CFG_OK) {
        return failed(exit_no_fw_cfg, "fw_cfg", fw_cfg_status_name(status));
    }
    print_field("fw_cfg:     at ", fw_cfg.base);
    print_field(", features ", fw_cfg.features);
    print("\n");
    if ((fw_cfg.features & FW_CFG_FEATURE_DMA) == 0) {
        return failed(exit_no_dma, "fw_cfg", fw_cfg_status_name(FW_CFG_NO_DMA));
    }
    return 0;
}

static int vmcoreinfo_failed(int exit_status, const struct vmcoreinfo* device,
                             enum vmcoreinfo_status status) {
    return failed(exit_status, "etc/vmcoreinfo",
                  status == VMCOREINFO_FW_CFG_ERROR ? fw_cfg_status_name(device->transport)
                                                    : vmcoreinfo_status_name(status));
}

static void print_record(const struct vmcoreinfo_record* record) {
    print_field("record:     host_format ", record->host_format);
    print_field(", guest_format ", record->guest_format);
    print_field(", size ", record->size);
    print_field(", paddr ", record->paddr);
    print(", read back and equal\n");
}

static int publish(void) {
    struct vmcoreinfo device;
    enum vmcoreinfo_status status = vmcoreinfo_open(&device, &fw_cfg);
    if (status != VMCOREINFO_OK) {
        return vmcoreinfo_failed(exit_no_vmcoreinfo, &device, status);
    }
    print_field("vmcoreinfo: host takes formats ", device.host_format);
    print("\n");

    const uint32_t size = describe_program(&vmcoreinfo_note);
    if (size == 0) {
        return failed(exit_no_note, "note", "text too long");
    }
    print_field("note:       at ", (uintptr_t)&vmcoreinfo_note);
    print(", ");
    print_decimal(size);
    print(" bytes:\n");
    print(vmcoreinfo_note.descriptor);

    status = vmcoreinfo_publish(&device, (uintptr_t)&vmcoreinfo_note, size);
    if (status != VMCOREINFO_OK) {
        return vmcoreinfo_failed(exit_not_published, &device, status);
    }
    boot_report.note_address = (uintptr_t)&vmcoreinfo_note;
    boot_report.note_size = size;
    boot_report.record_verified = 1;

    struct vmcoreinfo_record record;
    status = vmcoreinfo_read(&device, &record);
    if (status != VMCOREINFO_OK) {
        return vmcoreinfo_failed(exit_not_published, &device, status);
    }
    print_record(&record);
    return 0;
}

int main(uint64_t hart, uint64_t device_tree) {
    boot_report.hart = hart;
    boot_report.device_tree = device_tree;
    print("vmcore-vp firmware " FIRMWARE_VERSION "\n");
    int exit_status = open_fw_cfg();
    if (exit_status == 0) {
        exit_status = publish();
    }
    print(exit_status == 0 ? "done, powering off\n" : "powering off\n");
    poweroff((unsigned)exit_status);
    return exit_status;
}
