/// The pc board as an initiator on its buses sees it. The expected values were measured on
/// qemu-system-x86_64 10.0.2 -M pc, over qtest and by "info mtree -f".

#include "platform/pc/pc_board.h"

#include "models/tlm/endian.h"
#include "models/tlm/port_access.h"
#include "platform/pc/firmware_items.h"
#include "platform/pc/memory_map.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"
#include "tests/platform/elf_builder.h"
#include "tests/platform/temporary_file.h"

#include <gmock/gmock.h>
#include <string>

namespace vmcore::test {
namespace {

using bytes = std::vector<uint8_t>;
constexpr uint64_t mebibyte = uint64_t(1) << 20;
constexpr uint64_t gibibyte = uint64_t(1) << 30;

bytes hex(const std::string& digits) {
    bytes all;
    for (size_t i = 0; i < digits.size(); i += 2)
        all.push_back(static_cast<uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
    return all;
}

// The memory map

struct piece {
    uint64_t base, last, offset;
    bool operator==(const piece& other) const {
        return base == other.base && last == other.last && offset == other.offset;
    }
};

std::vector<piece> pieces(uint64_t mebibytes, pc::low_area low = pc::low_area::roms) {
    std::vector<piece> all;
    for (const pc::ram_piece& each : pc::ram_pieces(mebibytes * mebibyte, low))
        all.push_back({each.base, each.base + each.size - 1, each.offset});
    return all;
}

TEST(pc_memory_map, ram_of_3584_mib_and_more_is_split_at_3_gib) {
    const piece low{0, 0xbffff, 0};
    EXPECT_EQ(pieces(1), (std::vector<piece>{low}));
    EXPECT_EQ(pieces(128), (std::vector<piece>{low, {0x100000, 0x7ffffff, 0x100000}}));
    EXPECT_EQ(pieces(3072), (std::vector<piece>{low, {0x100000, 0xbfffffff, 0x100000}}));
    EXPECT_EQ(pieces(3583), (std::vector<piece>{low, {0x100000, 0xdfefffff, 0x100000}}));
    const piece split{0x100000, 0xbfffffff, 0x100000};
    EXPECT_EQ(pieces(3584), (std::vector<piece>{low, split, {0x100000000, 0x11fffffff, 0xc0000000}}));
    EXPECT_EQ(pieces(4097), (std::vector<piece>{low, split, {0x100000000, 0x1400fffff, 0xc0000000}}));
    EXPECT_EQ(pieces(8192), (std::vector<piece>{low, split, {0x100000000, 0x23fffffff, 0xc0000000}}));
}

TEST(pc_memory_map, shadowed_ram_has_no_hole_below_4_gib) {
    const auto shadow = pc::low_area::shadow;
    EXPECT_EQ(pieces(1, shadow), (std::vector<piece>{{0, 0xfffff, 0}}));
    EXPECT_EQ(pieces(96, shadow), (std::vector<piece>{{0, 0x5ffffff, 0}}));
    EXPECT_EQ(pieces(3584, shadow),
              (std::vector<piece>{{0, 0xbfffffff, 0}, {0x100000000, 0x11fffffff, 0xc0000000}}));
}

TEST(pc_memory_map, e820_tells_the_same_as_qemu_s) {
    const std::string hypertransport = "00000000fd000000000000000300000002000000";
    EXPECT_EQ(pc::e820_table(128 * mebibyte),
              hex(hypertransport + "0000000000000000000000080000000001000000"));
    EXPECT_EQ(pc::e820_table(3584 * mebibyte),
              hex(hypertransport + "0000000000000000000000c00000000001000000"
                                   "0000000001000000000000200000000001000000"));
    EXPECT_EQ(pc::e820_table(8 * gibibyte), hex(hypertransport + "0000000000000000000000c00000000001000000"
                                                                 "0000000001000000000000400100000001000000"));
}

// The board

class pc_bench : public bench {
public:
    explicit pc_bench(const board_config& config = {})
        : board("pc", config) {
        connect(cpu.socket, board.memory_bus().target_socket);
        connect(port_cpu.socket, board.port_bus()->target_socket);
        board.reset();
    }

protected:
    bytes item(uint16_t key, unsigned count) {
        out(0x510, key, 2);
        bytes all;
        while (all.size() < count)
            all.push_back(static_cast<uint8_t>(in(0x511, 1)));
        return all;
    }

    struct file {
        std::string name;
        unsigned size;
        uint16_t key;
    };

    /// What the directory lists.
    std::vector<file> files() {
        const bytes blob = item(fw_cfg_key::file_directory, 4 + 32 * 64);
        std::vector<file> all(load_bytes(blob.data(), 4, byte_order::big));
        const uint8_t* record = blob.data() + 4;
        for (file& each : all) {
            each = {reinterpret_cast<const char*>(record + 8),
                    static_cast<unsigned>(load_bytes(record, 4, byte_order::big)),
                    static_cast<uint16_t>(load_bytes(record + 4, 2, byte_order::big))};
            record += 64;
        }
        return all;
    }

    bytes file_contents(const std::string& name) {
        for (const file& each : files())
            if (each.name == name)
                return item(each.key, each.size);
        ADD_FAILURE() << "no file " << name;
        return {};
    }

    uint32_t in(uint16_t port, unsigned size) {
        sc_core::sc_time delay;
        return ports.read(port, size, delay);
    }
    void out(uint16_t port, uint32_t value, unsigned size) {
        sc_core::sc_time delay;
        ports.write(port, value, size, delay);
    }

    test_initiator cpu{"cpu"};
    test_initiator port_cpu{"port_cpu"};
    pc::pc_board board;
    port_access ports{[this](tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
        port_cpu.socket->b_transport(payload, delay);
    }};
};

struct pc_machine : pc_bench {};

SC_TEST(pc_machine, ram_lies_around_the_roms) {
    for (uint64_t address : {0x0, 0xbfff8, 0x100000, 0x7fffff8}) {
        EXPECT_TRUE(cpu.write_value(address, 0x1122334455667788, 8).ok()) << std::hex << address;
        EXPECT_EQ(cpu.read(address, 8).value(), 0x1122334455667788u) << std::hex << address;
    }
    for (uint64_t address : {0x8000000u, 0xfffbffffu})
        EXPECT_EQ(cpu.read(address, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << std::hex << address;
    EXPECT_EQ(cpu.read(0x100000000, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

SC_TEST(pc_machine, roms_are_empty_and_keep_so) {
    for (uint64_t address : {0xc0000u, 0xdfff8u, 0xe0000u, 0xffff8u, 0xfffc0000u, 0xfffffff8u}) {
        EXPECT_FALSE(cpu.write_value(address, ~uint64_t(0), 8).ok()) << std::hex << address;
        EXPECT_EQ(cpu.read(address, 8).value(), 0u) << std::hex << address;
    }
}

SC_TEST(pc_machine, fw_cfg_tells_what_qemus_pc_tells) {
    EXPECT_EQ(item(fw_cfg_key::signature, 5), (bytes{'Q', 'E', 'M', 'U', 0}));
    EXPECT_EQ(item(fw_cfg_key::id, 5), (bytes{3, 0, 0, 0, 0}));
    EXPECT_EQ(item(fw_cfg_key::uuid, 16), bytes(16));
    EXPECT_EQ(item(fw_cfg_key::ram_size, 8), hex("0000000800000000"));
    EXPECT_EQ(item(fw_cfg_key::nographic, 2), bytes(2));
    EXPECT_EQ(item(fw_cfg_key::nb_cpus, 2), hex("0100"));
    EXPECT_EQ(item(fw_cfg_key::numa, 16), bytes(16));
    EXPECT_EQ(item(fw_cfg_key::boot_menu, 2), hex("0000"));
    EXPECT_EQ(item(fw_cfg_key::max_cpus, 2), hex("0100"));
    EXPECT_EQ(item(0x8002, 4), hex("01000000"));
    EXPECT_EQ(item(0x8000, 4), bytes(4)) << "no ACPI tables under the old key";
}

SC_TEST(pc_machine, files_are_those_of_a_pc_without_devices) {
    std::vector<std::string> names;
    for (const file& each : files())
        names.push_back(each.name);
    EXPECT_THAT(names, testing::ElementsAre("bios-geometry", "bootorder", "etc/boot-fail-wait", "etc/e820"));
    EXPECT_EQ(file_contents("bootorder"), bytes());
    EXPECT_EQ(file_contents("etc/boot-fail-wait"), hex("ffffffff"));
    EXPECT_EQ(file_contents("etc/e820"), pc::e820_table(128 * mebibyte));
}

SC_TEST(pc_machine, dma_goes_to_memory) {
    cpu.write(0x2000, hex("0000000a000000040000000000003000"));
    out(0x518, 0x00200000, 4);
    EXPECT_EQ(cpu.read(0x2000, 4).value(), 0u);
    EXPECT_EQ(cpu.read(0x3000, 4).value(), 0x554d4551u);
}

SC_TEST(pc_machine, the_interrupt_controllers_inputs_lie_open) {
    const std::vector<interrupt_device> devices = board.interrupt_devices();
    ASSERT_EQ(devices.size(), 1u);
    EXPECT_EQ(devices[0].path, "/machine/i440fx/ioapic");
    ASSERT_EQ(devices[0].lines.size(), 24u);
    for (unsigned i = 0; i < 24; ++i) {
        EXPECT_EQ(devices[0].lines[i].number, i);
        EXPECT_FALSE(devices[0].lines[i].signal->read());
    }
}

SC_TEST(pc_machine, ports_beside_fw_cfg_are_nobodys) {
    for (uint16_t port : {0x50f, 0x512, 0x513, 0x51c, 0x80, 0xffff})
        EXPECT_EQ(in(port, 1), 0xffu) << std::hex << port;
    EXPECT_EQ(in(0x511, 2), 0xff51u);
    EXPECT_EQ(in(0x514, 4), 0x554d4551u);
}

SC_TEST(pc_machine, has_no_cpu_and_no_vmcoreinfo_unless_asked_for) {
    EXPECT_EQ(board.target(), "x86_64");
    EXPECT_TRUE(board.cpus().empty());
    EXPECT_EQ(board.vmcoreinfo(), nullptr);
}

board_config settled() {
    board_config config;
    config.ram_size = 4 * gibibyte;
    config.cpus = 2;
    config.max_cpus = 4;
    for (uint8_t i = 0; i < 16; ++i)
        config.uuid[i] = static_cast<uint8_t>(0x40 + i);
    config.boot.menu = true;
    config.boot.splash_time = 12;
    config.boot.reboot_timeout = 15;
    config.vmcoreinfo_devices = 1;
    config.fw_cfg_files = {{"opt/x", {1, 2}}};
    return config;
}

struct settled_pc_machine : pc_bench {
    settled_pc_machine()
        : pc_bench(settled()) {}
};

SC_TEST(settled_pc_machine, fw_cfg_tells_the_configuration) {
    EXPECT_EQ(item(fw_cfg_key::uuid, 16), hex("404142434445464748494a4b4c4d4e4f"));
    EXPECT_EQ(item(fw_cfg_key::ram_size, 8), hex("0000000001000000"));
    EXPECT_EQ(item(fw_cfg_key::nb_cpus, 2), hex("0200"));
    EXPECT_EQ(item(fw_cfg_key::max_cpus, 2), hex("0400"));
    EXPECT_EQ(item(fw_cfg_key::boot_menu, 2), hex("0100"));
    EXPECT_EQ(file_contents("etc/boot-menu-wait"), hex("0c00"));
    EXPECT_EQ(file_contents("etc/boot-fail-wait"), hex("0f000000"));
    EXPECT_EQ(file_contents("opt/x"), hex("0102"));
    EXPECT_EQ(file_contents("etc/vmcoreinfo"), hex("01000000000000000000000000000000"));
}

SC_TEST(settled_pc_machine, ram_above_4_gib_is_the_rest_of_it) {
    EXPECT_TRUE(cpu.write(0xbfffffff, {1}).ok());
    EXPECT_EQ(cpu.read(0xc0000000, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_TRUE(cpu.write(0x100000000, {2}).ok());
    EXPECT_TRUE(cpu.write(0x13fffffff, {3}).ok());
    EXPECT_EQ(cpu.read(0x140000000, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    uint8_t byte[2];
    EXPECT_EQ(board.read(0xbfffffff, byte, 2), 1u) << "behind it lies a hole";
    EXPECT_EQ(byte[0], 1);
    EXPECT_EQ(board.read(0x13fffffff, byte, 1), 1u);
    EXPECT_EQ(byte[0], 3);
}

SC_TEST(settled_pc_machine, ranges_ascend_without_overlaps) {
    const std::vector<memory_range> all = board.ranges();
    ASSERT_EQ(all.size(), 6u);
    for (size_t i = 1; i < all.size(); ++i)
        EXPECT_GE(all[i].base, all[i - 1].base + all[i - 1].size);
}

/// Files for the last four bytes of the BIOS ROM, the option ROM and the start of RAM; a base, so that they
/// are there first.
struct loader_files {
    temporary_file bios{{1, 2, 3, 4}};
    temporary_file option{{7, 8}};
    temporary_file data{{5, 6}};

    board_config config() const {
        board_config result;
        result.loader_images = {
            {bios.path(), 0xfffffffc, true}, {option.path(), 0xc0000, true}, {data.path(), 0, false}};
        return result;
    }
};

struct loaded_pc_machine : loader_files, pc_bench {
    loaded_pc_machine()
        : pc_bench(loader_files::config()) {}
};

SC_TEST(loaded_pc_machine, files_are_in_rom_and_ram_and_come_back_with_a_reset) {
    EXPECT_EQ(cpu.read(0xfffffffc, 4).data, (bytes{1, 2, 3, 4}));
    EXPECT_EQ(cpu.read(0xffffc, 4).data, (bytes{1, 2, 3, 4})) << "the ROM below 1 MiB is the same";
    EXPECT_EQ(cpu.read(0xc0000, 2).data, (bytes{7, 8}));
    EXPECT_TRUE(cpu.write(0, {9, 9, 9}).ok());
    board.reset();
    EXPECT_EQ(cpu.read(0, 3).data, (bytes{5, 6, 9}));
}

/// The state of two CPUs, so that the board is one whose firmware has run.
board_config stopped_machine() {
    board_config config;
    config.ram_size = 96 * mebibyte;
    config.cpu_state = cpu_states{"i386", std::vector<cpu_state>(2)};
    config.cpu_state->cpus[1].set("rip", 0x1234);
    return config;
}

struct stopped_pc_machine : pc_bench {
    stopped_pc_machine()
        : pc_bench(stopped_machine()) {}
};

SC_TEST(stopped_pc_machine, has_ram_in_one_piece_and_the_bios_rom) {
    const std::vector<memory_range> all = board.ranges();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].base, 0u);
    EXPECT_EQ(all[0].size, 96 * mebibyte);
    EXPECT_EQ(all[1].base, 0xfffc0000u);
    EXPECT_EQ(all[1].size, 0x40000u);
    for (uint64_t address : {0xc0000, 0xe0000, 0xffff8}) {
        EXPECT_TRUE(cpu.write_value(address, 0x1122334455667788, 8).ok()) << std::hex << address;
        EXPECT_EQ(cpu.read(address, 8).value(), 0x1122334455667788u) << std::hex << address;
    }
    EXPECT_FALSE(cpu.write_value(0xfffffff8, 1, 8).ok()) << "the ROM is one still";
}

SC_TEST(stopped_pc_machine, has_the_cpus_that_it_was_given) {
    EXPECT_EQ(board.target(), "i386");
    ASSERT_EQ(board.cpus().size(), 2u);
    EXPECT_EQ(board.cpus()[1]->register_value("rip"), 0x1234u);
    EXPECT_EQ(board.cpu_path(0), "/machine/unattached/device[0]");
    EXPECT_EQ(board.cpu_path(1), "/machine/unattached/device[2]");
}

SC_TEST(pc_machine, has_no_cpu_and_the_roms_of_power_on) {
    EXPECT_EQ(board.target(), "x86_64");
    EXPECT_TRUE(board.cpus().empty());
    std::vector<uint64_t> bases; // as in a dump of QEMU's at that moment
    for (const memory_range& range : board.ranges())
        bases.push_back(range.base);
    EXPECT_EQ(bases, (std::vector<uint64_t>{0, 0xc0000, 0xe0000, 0x100000, 0xfffc0000}));
}

TEST(pc_board, needs_no_initiator) {
    pc::pc_board board("pc", board_config());
    EXPECT_NO_THROW(sc_core::sc_start(sc_core::SC_ZERO_TIME));
}

void expect_refused(const board_config::loader_image& image, const std::string& expected) {
    board_config config;
    config.loader_images = {image};
    try {
        const pc::pc_board board("pc", config);
        ADD_FAILURE() << "accepted; expected: " << expected;
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr(expected));
    }
}

TEST(pc_loader, files_without_a_place_are_refused) {
    const temporary_file file({1, 2, 3, 4});
    expect_refused({file.path(), std::nullopt, false}, "needs addr=");
}

TEST(pc_loader, files_outside_memory_are_refused) {
    const temporary_file file({1, 2, 3, 4});
    expect_refused({file.path(), 0x8000000, true}, "lies outside RAM");
}

TEST(pc_loader, files_across_a_border_are_refused) {
    const temporary_file file({1, 2, 3, 4});
    expect_refused({file.path(), 0xbfffe, true}, "lies outside RAM");
}

TEST(pc_loader, elf_files_are_refused_unless_they_are_taken_as_bytes) {
    const temporary_file file(elf_builder().build());
    expect_refused({file.path(), 0x100000, false}, "force-raw=on");
}

} // namespace
} // namespace vmcore::test
