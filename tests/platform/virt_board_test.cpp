/// What fw_cfg of the virt board tells, as an initiator on its bus reads it. The values were measured on
/// qemu-system-riscv64 10.0.2 -M virt.

#include "platform/virt/virt_board.h"

#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"
#include "tests/platform/temporary_file.h"

#include <algorithm>

namespace vmcore::test {
namespace {

using bytes = std::vector<uint8_t>;

struct no_power : power_control {
    void request_shutdown(shutdown_cause, int) override {}
    void request_reset() override {}
};

/// A firmware for the board, which is there before it.
struct firmware_file {
    temporary_file firmware{{0x6f, 0, 0, 0}}; // a jump to itself

    virt::virt_config with_firmware(virt::virt_config config) const {
        config.bios = firmware.path();
        config.serial = "null";
        return config;
    }
};

class virt_bench : public firmware_file, public bench {
public:
    explicit virt_bench(const virt::virt_config& config = {})
        : board("virt", with_firmware(config), power) {
        connect(cpu.socket, board.memory_bus().target_socket);
        board.hold();
        board.reset();
    }

protected:
    bytes item(uint16_t key, unsigned count) {
        cpu.write(0x10100008, {static_cast<uint8_t>(key >> 8), static_cast<uint8_t>(key)});
        bytes all;
        while (all.size() < count)
            all.push_back(cpu.read(0x10100000, 1).data[0]);
        return all;
    }

    /// The contents of a file, found in the directory; empty when it is not there.
    bytes file_contents(const std::string& name) {
        const bytes directory = item(fw_cfg_key::file_directory, 4 + 32 * 64);
        for (unsigned i = 0; i < directory[3]; ++i) {
            const uint8_t* record = directory.data() + 4 + 64 * i;
            if (reinterpret_cast<const char*>(record + 8) == name)
                return item(static_cast<uint16_t>(load_bytes(record + 4, 2, byte_order::big)),
                            static_cast<unsigned>(load_bytes(record, 4, byte_order::big)));
        }
        return {};
    }

    no_power power;
    test_initiator cpu{"cpu"};
    virt::virt_board board;
};

struct virt_machine : virt_bench {};

SC_TEST(virt_machine, fw_cfg_tells_defaults) {
    EXPECT_EQ(item(fw_cfg_key::uuid, 16), bytes(16));
    EXPECT_EQ(item(fw_cfg_key::nb_cpus, 2), (bytes{1, 0}));
    EXPECT_EQ(item(fw_cfg_key::boot_menu, 2), bytes(2));
    EXPECT_EQ(item(fw_cfg_key::ram_size, 8), bytes(8)) << "the device tree tells it";
    EXPECT_EQ(item(fw_cfg_key::max_cpus, 2), bytes(2));
    EXPECT_EQ(file_contents("etc/boot-fail-wait"), bytes(4, 0xff));
    EXPECT_EQ(file_contents("etc/boot-menu-wait"), bytes());
}

SC_TEST(virt_machine, a_hart_tells_its_registers_by_name) {
    ASSERT_EQ(board.cpus().size(), 1u);
    const cpu_context& hart = *board.cpus()[0];
    EXPECT_EQ(hart.register_value("pc"), 0x1000u);
    EXPECT_EQ(hart.register_value("x31"), 0u);
    EXPECT_EQ(hart.register_value("priv"), 3u);
    EXPECT_EQ(hart.register_value("misa"), 0x800000000014112du) << "RV64IMAFDC with S and U";
    EXPECT_EQ(hart.register_value("mconfigptr"), 0u) << "which info registers does not list";
    EXPECT_EQ(hart.register_value("satp"), 0u);
    EXPECT_EQ(hart.register_value("hgatp"), std::nullopt) << "it has no hypervisor extension";
    EXPECT_EQ(hart.register_value("f0"), std::nullopt);
    EXPECT_EQ(hart.register_value("rax"), std::nullopt);
}

virt::virt_config settled() {
    virt::virt_config config;
    config.cpus = 2;
    config.max_cpus = 4;
    config.uuid = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    config.boot.menu = true;
    config.boot.splash_time = 12;
    config.boot.reboot_timeout = 15;
    return config;
}

struct settled_virt_machine : virt_bench {
    settled_virt_machine()
        : virt_bench(settled()) {}
};

SC_TEST(settled_virt_machine, fw_cfg_tells_the_configuration) {
    EXPECT_EQ(item(fw_cfg_key::uuid, 16), (bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));
    EXPECT_EQ(item(fw_cfg_key::nb_cpus, 2), (bytes{2, 0}));
    EXPECT_EQ(item(fw_cfg_key::max_cpus, 2), bytes(2)) << "QEMU's virt does not tell it";
    EXPECT_EQ(item(fw_cfg_key::boot_menu, 2), (bytes{1, 0}));
    EXPECT_EQ(file_contents("etc/boot-fail-wait"), (bytes{15, 0, 0, 0}));
    EXPECT_EQ(file_contents("etc/boot-menu-wait"), (bytes{12, 0}));
}

/// Two harts, and a second UART in the last slot of virtio_mmio.
virt::virt_config two_harts() {
    virt::virt_config config;
    config.cpus = config.max_cpus = 2;
    return config;
}

struct wired_virt_machine : virt_bench {
    std::unique_ptr<uart_backend> line = make_backend("null");
    uart16550 guest_device{"guest_device", uart16550::config(), *line};

    wired_virt_machine()
        : virt_bench(two_harts()) {
        board.attach_virtio(7, checked(guest_device.socket), guest_device.irq);
    }

    void write(uint64_t address, uint64_t value, unsigned width) {
        EXPECT_TRUE(cpu.write_value(address, value, width).ok()) << std::hex << address;
        for (int i = 0; i < 8; ++i)
            wait(sc_core::SC_ZERO_TIME);
    }
    uint64_t mip(unsigned hart) { return board.register_value(hart, "mip").value() & 0xa00; }
};

constexpr uint64_t plic_at = 0xc000000;

SC_TEST(wired_virt_machine, a_device_interrupts_the_mode_that_enabled_it) {
    for (unsigned context = 0; context < 4; ++context) {
        write(plic_at + 4 * 10, 1, 4);
        write(plic_at + 0x2000 + 0x80 * context, 1 << 10, 4);
        write(0x10000001, 2, 1); // the UART's transmitter is empty
        for (unsigned hart = 0; hart < 2; ++hart)
            EXPECT_EQ(mip(hart), hart != context / 2 ? 0u : context % 2 ? 0x200u : 0x800u) << context;
        write(0x10000001, 0, 1);
        EXPECT_EQ(cpu.read(plic_at + 0x200004 + 0x1000 * context, 4).value(), 10u);
        write(plic_at + 0x200004 + 0x1000 * context, 10, 4);
        write(plic_at + 0x2000 + 0x80 * context, 0, 4);
    }
}

SC_TEST(wired_virt_machine, a_device_in_a_slot_has_its_registers_and_its_source) {
    write(0x10008007, 0x5a, 1);
    EXPECT_EQ(cpu.read(0x10008007, 1).value(), 0x5au);
    write(0x10008001, 2, 1);
    EXPECT_EQ(cpu.read(plic_at + 0x1000, 4).value(), 1u << 8);
    board.reset();
    EXPECT_EQ(cpu.read(plic_at + 0x1000, 4).value(), 0u);
}

} // namespace
} // namespace vmcore::test
