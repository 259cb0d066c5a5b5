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

/// Remembers what it was asked for.
struct recorded_power : power_control {
    std::vector<std::string> requests;
    void request_shutdown(shutdown_cause cause, int exit_code) override {
        requests.push_back((cause == shutdown_cause::guest_panic ? "fail " : "power off ") +
                           std::to_string(exit_code));
    }
    void request_reset() override { requests.push_back("reset"); }
    void guest_panicked(int exit_code) override { requests.push_back("panic " + std::to_string(exit_code)); }
    void notice(guest_notice what) override {
        requests.push_back(what == guest_notice::crash_loaded ? "crash loaded" : "shutting down");
    }
};

/// A firmware for the board, which is there before it.
struct firmware_file {
    temporary_file firmware{{0x6f, 0, 0, 0}}; // a jump to itself

    virt::virt_config with_firmware(virt::virt_config config) const {
        if (config.bios.empty())
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

    recorded_power power;
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
    EXPECT_EQ(hart.register_value("fcsr"), 0u);
    for (const char* name : {"f0", "f31"})
        EXPECT_EQ(hart.register_value(name), 0u);
    EXPECT_EQ(hart.register_value("f32"), std::nullopt);
    EXPECT_EQ(hart.register_value("mconfigptr"), 0u) << "which info registers does not list";
    EXPECT_EQ(hart.register_value("satp"), 0u);
    EXPECT_EQ(hart.register_value("hgatp"), std::nullopt) << "it has no hypervisor extension";
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

/// Two harts, and a source of entropy in the last slot of virtio_mmio.
virt::virt_config two_harts() {
    virt::virt_config config;
    config.cpus = config.max_cpus = 2;
    config.virtio.devices.resize(1);
    config.virtio.devices[0].what = virt::virtio_config::device::kind::entropy;
    return config;
}

struct wired_virt_machine : virt_bench {
    wired_virt_machine()
        : virt_bench(two_harts()) {}

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

SC_TEST(wired_virt_machine, the_clock_is_source_11_and_counts_from_2024) {
    const uint64_t rtc = 0x101000;
    const uint64_t low = cpu.read(rtc, 4).value();
    EXPECT_EQ(low | cpu.read(rtc + 4, 4).value() << 32, 1704067200000000000u);
    EXPECT_FALSE(cpu.read(rtc + 0x24, 4).ok()) << "nothing is there on QEMU";
    write(rtc + 0x10, 1, 4);
    write(rtc + 0x08, 0, 4); // an alarm of the past
    EXPECT_EQ(cpu.read(plic_at + 0x1000, 4).value(), 1u << 11);
    board.reset();
    EXPECT_EQ(cpu.read(rtc + 0x10, 4).value(), 0u);
}

SC_TEST(wired_virt_machine, has_no_pvpanic_unless_it_is_asked_for) {
    EXPECT_FALSE(cpu.read(0x102000, 1).ok());
}

SC_TEST(wired_virt_machine, the_first_device_is_in_the_last_slot_and_has_its_registers_and_its_source) {
    for (unsigned slot = 0; slot < 8; ++slot) {
        EXPECT_EQ(cpu.read(0x10001000 + 0x1000 * slot, 4).value(), 0x74726976u);
        EXPECT_EQ(cpu.read(0x10001008 + 0x1000 * slot, 4).value(), slot == 7 ? 4u : 0u);
        EXPECT_FALSE(cpu.read(0x10001200 + 0x1000 * slot, 4).ok());
    }
    const uint64_t ring = 0x80100000;
    const uint64_t buffer = 0x80200000;
    write(0x10008028, 4096, 4);
    write(0x10008038, 8, 4);
    write(0x1000803c, 4096, 4);
    write(0x10008040, ring / 4096, 4);
    write(0x10008070, 7, 4);
    write(ring, buffer, 8);
    write(ring + 8, 8, 4);
    write(ring + 12, 2, 2);
    write(ring + 128 + 2, 1, 2);
    write(0x10008050, 0, 4);
    wait(sc_core::sc_time(1, sc_core::SC_MS));
    EXPECT_EQ(cpu.read(ring + 4096 + 2, 2).value(), 1u);
    EXPECT_NE(cpu.read(buffer, 8).value(), 0u);
    EXPECT_EQ(cpu.read(plic_at + 0x1000, 4).value(), 1u << 8);
    board.reset();
    EXPECT_EQ(cpu.read(plic_at + 0x1000, 4).value(), 0u);
    EXPECT_EQ(cpu.read(0x10008070, 4).value(), 0u);
}

virt::virt_config with_pvpanic() {
    virt::virt_config config;
    config.pvpanic_events = 7;
    return config;
}

struct pvpanic_virt_machine : virt_bench {
    pvpanic_virt_machine()
        : virt_bench(with_pvpanic()) {}
};

SC_TEST(pvpanic_virt_machine, tells_what_the_guest_says_of_itself) {
    EXPECT_EQ(cpu.read(0x102000, 1).value(), 7u);
    for (const uint8_t event : {1, 2, 4})
        cpu.write(0x102000, {event});
    EXPECT_EQ(power.requests,
              (std::vector<std::string>{"panic 0", "crash loaded", "shutting down", "power off 0"}));
}

/// Firmware of zeros: an illegal instruction, and at mtvec, which is 0, there is nothing.
struct trapping_firmware {
    temporary_file zeros{bytes(16)};
};

struct trapping_machine : trapping_firmware, virt_bench {
    explicit trapping_machine(bool panics = true, bool is_firmware = true)
        : virt_bench(config(zeros.path(), panics, is_firmware)) {
        board.release();
    }
    static virt::virt_config config(const std::string& firmware, bool panics, bool is_firmware) {
        virt::virt_config chosen = two_harts();
        chosen.trap_loop_panics = panics;
        chosen.guest_required = false;
        chosen.bios = is_firmware ? firmware : "none";
        return chosen;
    }
    void pass_time() {
        sc_core::sc_report_handler::set_actions("/vmcore/virt/trap_loop", sc_core::SC_DO_NOTHING);
        wait(100, sc_core::SC_US);
    }
};

SC_TEST(trapping_machine, a_trap_loop_of_each_hart_is_a_panic_with_exit_code_1) {
    pass_time();
    EXPECT_EQ(power.requests, (std::vector<std::string>{"panic 1", "panic 1"}));
    EXPECT_EQ(board.register_value(0, "pc"), 0u) << "which goes on";
}

struct tolerant_machine : trapping_machine {
    tolerant_machine()
        : trapping_machine(false) {}
};

SC_TEST(tolerant_machine, a_trap_loop_is_nothing_when_that_is_chosen) {
    pass_time();
    EXPECT_TRUE(power.requests.empty());
    EXPECT_EQ(board.register_value(0, "pc"), 0u);
}

struct empty_machine : trapping_machine {
    empty_machine()
        : trapping_machine(true, false) {}
};

SC_TEST(empty_machine, a_trap_loop_without_a_guest_is_nothing) {
    pass_time();
    EXPECT_TRUE(power.requests.empty());
    EXPECT_EQ(board.register_value(0, "pc"), 0u);
}

virt::virt_config with_entry() {
    virt::virt_config config = two_harts();
    config.loader_images = {{"", 0x80000100, false, 1}};
    return config;
}

struct machine_with_entry : virt_bench {
    machine_with_entry()
        : virt_bench(with_entry()) {}
};

SC_TEST(machine_with_entry, a_hart_starts_where_the_loader_says_after_each_reset) {
    for (int times = 0; times < 2; ++times) {
        EXPECT_EQ(board.register_value(0, "pc"), 0x1000u);
        EXPECT_EQ(board.register_value(1, "pc"), 0x80000100u);
        board.reset();
    }
}

} // namespace
} // namespace vmcore::test
