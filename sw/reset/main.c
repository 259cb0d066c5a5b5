// Publishes a record, resets the machine, and looks from the second boot at what the reset left: the record
// is gone, the image is as loaded, and RAM that belongs to no image is as it was. Exit status: 0, or the
// number of what is wrong.
#include "sw/lib/board.h"
#include "sw/lib/finisher.h"
#include "sw/lib/fw_cfg.h"
#include "sw/lib/print.h"
#include "sw/lib/vmcoreinfo.h"

enum {
    exit_no_device = 1,
    exit_not_published,
    exit_record_survived,
    exit_image_not_restored,
    exit_reset_had_no_effect
};

enum { note_address = 0x80100000, note_size = 64 };

static const uint64_t rebooted = 0x6465746f6f626572;
static volatile uint64_t* const marker = (volatile uint64_t*)0x81000000; // RAM behind the image
static volatile uint32_t image_word = 0x11111111;

static int first_boot(struct vmcoreinfo* device) {
    if (vmcoreinfo_publish(device, note_address, note_size) != VMCOREINFO_OK) {
        return exit_not_published;
    }
    print("published, resetting\n");
    *marker = rebooted;
    image_word = 0x22222222;
    reboot();
    return exit_reset_had_no_effect;
}

static int second_boot(struct vmcoreinfo* device) {
    struct vmcoreinfo_record record;
    *marker = 0;
    if (vmcoreinfo_read(device, &record) != VMCOREINFO_OK || record.host_format != VMCOREINFO_FORMAT_ELF ||
        record.guest_format != VMCOREINFO_FORMAT_NONE || record.size != 0 || record.paddr != 0) {
        return exit_record_survived;
    }
    print("second boot: the record is gone\n");
    return image_word == 0x11111111 ? 0 : exit_image_not_restored;
}

int main(void) {
    struct fw_cfg fw_cfg;
    struct vmcoreinfo device;
    if (fw_cfg_open(&fw_cfg, BOARD_FW_CFG_BASE) != FW_CFG_OK ||
        vmcoreinfo_open(&device, &fw_cfg) != VMCOREINFO_OK) {
        return exit_no_device;
    }
    return *marker == rebooted ? second_boot(&device) : first_boot(&device);
}
