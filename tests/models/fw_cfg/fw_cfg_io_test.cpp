/// The I/O-port form of fw_cfg, as a guest sees it. Numbers in comments are rows of the table of edge cases;
/// the values were measured on qemu-system-x86_64 10.0.2 over qtest.

#include "models/fw_cfg/fw_cfg_io.h"

#include "models/bus/bus.h"
#include "models/memory/memory.h"
#include "models/tlm/endian.h"
#include "models/tlm/port_access.h"
#include "models/vmcoreinfo/vmcoreinfo.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <algorithm>
#include <string>

namespace vmcore::test {
namespace {

using bytes = std::vector<uint8_t>;

bytes text(const std::string& characters) {
    return {characters.begin(), characters.end()};
}

bytes operator+(bytes a, const bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// A port bus with nothing but fw_cfg, and a memory bus with 64 KiB of RAM at 0 for its DMA.
class fw_cfg_io_bench : public bench {
public:
    static constexpr uint64_t data = 0x511, selector = 0x510, dma_high = 0x514, dma_low = 0x518;
    static constexpr uint64_t descriptor = 0x2000, buffer = 0x3000;
    static constexpr uint32_t error = 1, read = 2, choose = 8, write = 16;

    explicit fw_cfg_io_bench(const fw_cfg_io::config& settings = {})
        : device("fw_cfg", settings) {
        connect(cpu.socket, ports.target_socket);
        connect(device.dma.socket, memories.target_socket);
        ports.map("fw_cfg", fw_cfg_io::first_port, fw_cfg_io::register_bytes, checked(device.socket));
        memories.map("ram", 0, ram.size(), checked(ram.socket));
        std::fill_n(ram.data(), ram.size(), 0xaa);
    }

protected:
    static memory::config sized(uint64_t size) {
        memory::config config;
        config.size = size;
        return config;
    }

    /// IN and OUT of a CPU.
    uint32_t in(uint16_t port, unsigned size) {
        sc_core::sc_time delay;
        return access.read(port, size, delay);
    }
    void out(uint16_t port, uint32_t value, unsigned size) {
        sc_core::sc_time delay;
        access.write(port, value, size, delay);
    }

    void select(uint16_t key) { out(selector, key, 2); }

    bytes content(uint16_t key, unsigned count) {
        select(key);
        bytes all;
        while (all.size() < count)
            all.push_back(static_cast<uint8_t>(in(data, 1)));
        return all;
    }

    bytes memory_bytes(uint64_t address, unsigned count) {
        return {ram.data() + address, ram.data() + address + count};
    }

    void make_descriptor(uint32_t control, uint32_t length, uint64_t address = buffer) {
        store_bytes(ram.data() + descriptor, control, 4, byte_order::big);
        store_bytes(ram.data() + descriptor + 4, length, 4, byte_order::big);
        store_bytes(ram.data() + descriptor + 8, address, 8, byte_order::big);
    }

    /// The number whose little-endian bytes are those of `value` in big-endian order.
    static uint32_t swapped(uint32_t value) {
        uint8_t raw[4];
        store_bytes(raw, value, 4, byte_order::big);
        return static_cast<uint32_t>(load_bytes(raw, 4, byte_order::little));
    }

    uint32_t control_word() const {
        return static_cast<uint32_t>(load_bytes(ram.data() + descriptor, 4, byte_order::big));
    }

    uint32_t dma(uint32_t control, uint32_t length) {
        make_descriptor(control, length);
        out(dma_high, 0, 4);
        out(dma_low, swapped(descriptor), 4);
        return control_word();
    }

    test_initiator cpu{"cpu"};
    bus ports{"ports"};
    bus memories{"memories"};
    memory ram{"ram", sized(0x10000)};
    fw_cfg_io device;
    port_access access{[this](tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
        cpu.socket->b_transport(payload, delay);
    }};
};

struct fw_cfg_ports : fw_cfg_io_bench {};

SC_TEST(fw_cfg_ports, a_word_written_to_the_selector_is_little_endian) {
    EXPECT_EQ(content(fw_cfg_key::id, 5), (bytes{3, 0, 0, 0, 0}));
    EXPECT_TRUE(cpu.write(selector, {fw_cfg_key::file_directory, 0}).ok());
    EXPECT_EQ(device.selected_key(), fw_cfg_key::file_directory);
}

// 15
SC_TEST(fw_cfg_ports, both_ports_are_the_data_register_for_single_bytes) {
    EXPECT_EQ(in(0x510, 1), uint32_t('Q'));
    EXPECT_EQ(in(0x511, 1), uint32_t('E'));
    EXPECT_EQ(in(0x510, 1), uint32_t('M'));
    EXPECT_EQ(in(0x511, 1), uint32_t('U'));
    EXPECT_EQ(in(0x511, 1), 0u);
    EXPECT_EQ(in(0x510, 1), 0u);
    EXPECT_EQ(device.selected_offset(), 4u);
}

// 16
SC_TEST(fw_cfg_ports, word_and_doubleword_reads_of_the_selector_are_refused_and_do_not_advance) {
    EXPECT_EQ(cpu.read(selector, 2).status, tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(cpu.read(selector, 4).status, tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(in(0x510, 2), 0u);
    EXPECT_EQ(in(0x510, 4), 0u);
    EXPECT_EQ(device.selected_offset(), 0u);
}

// 16
SC_TEST(fw_cfg_ports, a_word_read_at_the_data_port_is_cut_into_a_byte_of_data_and_one_of_nobody) {
    EXPECT_EQ(in(0x511, 2), 0xff51u);
    EXPECT_EQ(in(0x511, 1), uint32_t('E')) << "it advanced by one";
}

SC_TEST(fw_cfg_ports, a_word_that_nobody_cuts_is_refused_at_the_data_port) {
    EXPECT_EQ(cpu.read(data, 2).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(cpu.write(data, {0, 0}).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(device.selected_offset(), 0u);
}

// 17
SC_TEST(fw_cfg_ports, other_writes_leave_selection_and_offset) {
    struct {
        uint16_t port;
        unsigned size;
    } const writes[] = {{0x511, 2}, {0x510, 4}, {0x510, 1}, {0x511, 1}, {0x511, 4}, {0x50f, 2}, {0x512, 4}};
    for (const auto& each : writes) {
        content(fw_cfg_key::id, 1);
        out(each.port, 0, each.size);
        EXPECT_EQ(device.selected_key(), fw_cfg_key::id) << each.size << " bytes at " << each.port;
        EXPECT_EQ(device.selected_offset(), 1u) << each.size << " bytes at " << each.port;
    }
}

SC_TEST(fw_cfg_ports, a_doubleword_write_around_the_selector_selects_by_its_middle) {
    content(fw_cfg_key::id, 1);
    out(0x50f, 0, 4);
    EXPECT_EQ(in(0x511, 1), uint32_t('Q'));
    content(fw_cfg_key::id, 1);
    out(0x50e, 0, 4);
    EXPECT_EQ(in(0x511, 1), uint32_t('Q'));
}

// 18
SC_TEST(fw_cfg_ports, the_dma_register_reads_the_signature_in_any_part) {
    EXPECT_EQ(in(0x514, 4), 0x554d4551u);
    EXPECT_EQ(in(0x518, 4), 0x47464320u);
    const bytes signature = text("QEMU CFG");
    for (unsigned size : {1, 2, 4, 8})
        for (unsigned offset = 0; offset + size <= 8; offset += size) {
            const auto answer = cpu.read(dma_high + offset, size);
            EXPECT_TRUE(answer.ok()) << size << " bytes at " << offset;
            EXPECT_EQ(answer.data, bytes(&signature[offset], &signature[offset] + size));
        }
}

SC_TEST(fw_cfg_ports, misaligned_reads_see_what_qemus_bus_puts_together) {
    struct {
        uint16_t port;
        unsigned size;
        uint32_t value;
        unsigned advanced;
    } const reads[] = {
        {0x50f, 1, 0xff, 0},       {0x512, 1, 0xff, 0},       {0x513, 1, 0xff, 0},
        {0x511, 4, 0x51ffff51, 1}, {0x50f, 2, 0x51ff, 1},     {0x50f, 4, 0xff0000ff, 0},
        {0x50e, 4, 0x0000ffff, 0}, {0x50d, 4, 0x51ffffff, 1}, {0x512, 2, 0xffff, 0},
        {0x512, 4, 0x4551ffff, 0}, {0x513, 4, 0x4d4551ff, 0}, {0x513, 2, 0x51ff, 0},
        {0x515, 2, 0x4d45, 0},     {0x51b, 2, 0xff47, 0},     {0x515, 4, 0x20554d45, 0},
        {0x516, 4, 0x4320554d, 0}, {0x517, 4, 0x46432055, 0}, {0x51a, 4, 0xffff4746, 0},
        {0x51b, 4, 0xffffff47, 0}, {0x51c, 4, 0xffffffff, 0},
    };
    for (const auto& each : reads) {
        select(fw_cfg_key::signature);
        EXPECT_EQ(in(each.port, each.size), each.value) << std::hex << each.size << " bytes at " << each.port;
        EXPECT_EQ(device.selected_offset(), each.advanced)
            << std::hex << each.size << " bytes at " << each.port;
    }
}

SC_TEST(fw_cfg_ports, only_the_listed_widths_and_ports_are_accepted) {
    for (unsigned size : {1, 2, 3, 4, 8})
        for (unsigned offset = 0; offset < 14; ++offset) {
            const bool dma_at =
                size != 3 && offset >= 4 && (offset - 4) % size == 0 && offset - 4 + size <= 8;
            const bool readable = (offset < 2 && size == 1) || dma_at;
            const bool writable =
                (offset < 2 && size == 1) || (offset == 0 && size == 2) || (dma_at && size >= 4);
            select(fw_cfg_key::signature);
            EXPECT_EQ(cpu.read(selector + offset, size).ok(), readable) << size << " bytes at " << offset;
            EXPECT_EQ(device.selected_offset(), offset < 2 && size == 1 ? 1 : 0);
            make_descriptor(choose | read, 4);
            EXPECT_EQ(cpu.write(selector + offset, bytes(size, 0)).ok(), writable)
                << size << " bytes at " << offset;
            EXPECT_EQ(control_word(), choose | read) << "a transfer started";
        }
}

SC_TEST(fw_cfg_ports, a_debugger_reads_data_without_advancing) {
    EXPECT_EQ(cpu.debug_read(data, 1).data, text("Q"));
    EXPECT_EQ(cpu.debug_read(selector, 1).data, text("Q"));
    EXPECT_EQ(cpu.debug_read(selector, 2).data, bytes());
    EXPECT_EQ(device.selected_offset(), 0u);
}

// Writes to the DMA register

SC_TEST(fw_cfg_ports, the_low_half_starts_a_transfer) {
    make_descriptor(choose | read, 4);
    out(dma_low, swapped(descriptor), 4);
    EXPECT_EQ(control_word(), 0u);
    EXPECT_EQ(memory_bytes(buffer, 5), text("QEMU") + bytes{0xaa});
}

SC_TEST(fw_cfg_ports, the_high_half_counts_for_one_transfer) {
    make_descriptor(choose | read, 4);
    out(dma_high, swapped(1), 4);
    out(dma_low, swapped(descriptor), 4);
    EXPECT_EQ(control_word(), choose | read) << "the descriptor at 4 GiB above is not mapped";
    out(dma_low, swapped(descriptor), 4);
    EXPECT_EQ(control_word(), 0u);
}

SC_TEST(fw_cfg_ports, eight_bytes_are_the_whole_address) {
    make_descriptor(choose | read, 4);
    out(dma_high, swapped(1), 4);
    bytes address(8);
    store_bytes(address.data(), descriptor, 8, byte_order::big);
    EXPECT_TRUE(cpu.write(dma_high, address).ok());
    EXPECT_EQ(control_word(), 0u);
}

SC_TEST(fw_cfg_ports, narrow_and_misaligned_writes_start_nothing) {
    make_descriptor(choose | read, 4);
    const uint32_t low = swapped(descriptor);
    out(0x518, low & 0xffff, 2);
    out(0x51a, low >> 16, 2);
    for (uint16_t i = 0; i < 4; ++i)
        out(static_cast<uint16_t>(0x518 + i), low >> 8 * i, 1);
    for (uint16_t port : {0x515, 0x516, 0x517, 0x519, 0x51a, 0x512})
        out(port, low, 4);
    EXPECT_EQ(control_word(), choose | read);
    EXPECT_EQ(memory_bytes(buffer, 4), bytes(4, 0xaa));
}

SC_TEST(fw_cfg_ports, dma_and_data_register_share_the_offset) {
    content(fw_cfg_key::signature, 1);
    EXPECT_EQ(dma(read, 2), 0u);
    EXPECT_EQ(memory_bytes(buffer, 2), text("EM"));
    EXPECT_EQ(in(data, 1), uint32_t('U'));
}

struct fw_cfg_ports_without_dma : fw_cfg_io_bench {
    fw_cfg_ports_without_dma()
        : fw_cfg_io_bench([] {
            fw_cfg_io::config config;
            config.dma_enabled = false;
            return config;
        }()) {}
};

SC_TEST(fw_cfg_ports_without_dma, the_dma_ports_are_nobodys) {
    EXPECT_EQ(content(fw_cfg_key::id, 1), (bytes{1}));
    EXPECT_EQ(in(0x514, 4), 0xffffffffu);
    EXPECT_EQ(dma(choose | read, 4), choose | read);
}

struct vmcoreinfo_by_ports : fw_cfg_io_bench {
    vmcore::vmcoreinfo recorder{"vmcoreinfo", device};
};

SC_TEST(vmcoreinfo_by_ports, the_guest_publishes_its_record_by_dma) {
    EXPECT_EQ(content(fw_cfg_key::file_first, 2), (bytes{1, 0}));
    uint8_t* record = ram.data() + buffer;
    store_bytes(record, 1, 4, byte_order::little);
    store_bytes(record + 2, 1, 2, byte_order::little);
    store_bytes(record + 4, 0x100000, 4, byte_order::little);
    store_bytes(record + 8, 0xffffff00, 8, byte_order::little);
    EXPECT_EQ(dma(uint32_t(fw_cfg_key::file_first) << 16 | choose | write, 16), 0u);
    EXPECT_TRUE(recorder.record().present);
    EXPECT_EQ(recorder.record().size, 0x100000u);
    EXPECT_EQ(recorder.record().paddr, 0xffffff00u);
}

} // namespace
} // namespace vmcore::test
