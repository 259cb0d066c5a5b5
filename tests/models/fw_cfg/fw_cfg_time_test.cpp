/// What DMA costs: simulated time, host memory, and what others on the bus see meanwhile.

#include "tests/models/fw_cfg/fw_cfg_bench.h"

#include <chrono>
#include <fstream>
#include <unistd.h>

namespace vmcore::test {
namespace {

struct fw_cfg_time : fw_cfg_bench {};

using sc_core::SC_NS;
using sc_core::sc_time;

/// Resident memory of this process in bytes.
uint64_t resident() {
    std::ifstream statm("/proc/self/statm");
    uint64_t total = 0, pages = 0;
    statm >> total >> pages;
    return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

SC_TEST(fw_cfg_time, longest_transfers_take_bounded_host_memory_and_time) {
    const uint64_t before = resident();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(dma(choosing(0xffff, read), 0xffffffff, hole), error);
    EXPECT_EQ(memory_bytes(ram_base, 4), zeros(4)) << "the hole ends in front of RAM";
    EXPECT_EQ(dma(choosing(0xffff, read), 0xffffffff, 0), error) << "over ROM and devices";
    EXPECT_EQ(dma(choosing(0xffff, read), 0xffffffff, uint64_t(1) << 40), error);
    EXPECT_EQ(dma(choosing(room_key, write), 0xffffffff, 0), error);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    EXPECT_LT(resident(), before + (uint64_t(8) << 20));
}

/// RAM as large as the host could hardly provide it, all of it untouched.
struct sparse_bench : fw_cfg_bench {
    sparse_bench() { crossbar.map("sparse_ram", base, size, checked(sparse_ram.socket)); }
    static constexpr uint64_t base = uint64_t(1) << 36;
    static constexpr uint64_t size = uint64_t(1) << 30;
    memory sparse_ram{"sparse_ram", sized(size, false)};
};

SC_TEST(sparse_bench, clearing_memory_that_nobody_has_touched_takes_none_of_the_host) {
    sparse_ram.data()[0x123456] = 1;
    const uint64_t before = resident();
    EXPECT_EQ(dma(choosing(0xffff, read), static_cast<uint32_t>(size), base), 0u);
    EXPECT_EQ(sparse_ram.data()[0x123456], 0);
    EXPECT_LT(resident(), before + (uint64_t(8) << 20));
}

/// RAM with a latency of 10 ns a word to read and 20 ns to write.
struct timed_bench : fw_cfg_bench {
    timed_bench() {
        memory::config config = sized(0x10000, false);
        config.read_latency = sc_time(10, SC_NS);
        config.write_latency = sc_time(20, SC_NS);
        slow_ram = std::make_unique<memory>("slow_ram", config);
        crossbar.map("slow_ram", slow, 0x10000, checked(slow_ram->socket));
    }
    static constexpr uint64_t slow = 0x90000000;
    std::unique_ptr<memory> slow_ram;

    sc_time time_of(uint32_t control, uint32_t length, uint64_t address) {
        const bytes wanted = make_descriptor(control, length, address);
        std::copy(wanted.begin(), wanted.end(), slow_ram->data());
        const sc_time start = sc_core::sc_time_stamp();
        const sc_time delay = start_dma(slow).delay;
        return sc_core::sc_time_stamp() - start + delay;
    }
};

SC_TEST(timed_bench, a_dma_takes_the_time_of_its_bus_accesses) {
    const sc_time frame(2 * 10 + 20, SC_NS); // a descriptor of two words is read, a control word written
    EXPECT_EQ(time_of(choosing(hello, 0), 0, 0), frame);
    EXPECT_EQ(time_of(choosing(hello, read), 8, slow + 0x100), frame + sc_time(20, SC_NS));
    EXPECT_EQ(time_of(choosing(fw_cfg_key::file_directory, read), 2048, slow + 0x100),
              frame + 256 * sc_time(20, SC_NS));
    EXPECT_EQ(time_of(choosing(room_key, write), 16, slow + 0x100), frame + 2 * sc_time(10, SC_NS));
    EXPECT_EQ(time_of(choosing(hello, skip), 0xffffffff, 0), frame) << "skipping touches no memory";
}

/// A long transfer gives way to other processes; they must not get in between.
struct contended_bench : fw_cfg_bench {
    contended_bench()
        : fw_cfg_bench([] {
            fw_cfg::config config;
            config.dma.sync_bytes = 4096;
            return config;
        }()) {
        SC_HAS_PROCESS(contended_bench);
        SC_THREAD(contend);
        set_stack_size(1 << 20);
        connect(other.socket, crossbar.target_socket);
        device.add_file("opt/long", bytes(0x8000, 7));
    }

    void contend() {
        wait(begin);
        wait(sc_core::SC_ZERO_TIME);
        saw_transfer_unfinished = control_word() != 0;
        seen = other.read(data, 1).data; // waits for the end of the transfer
        saw_transfer_finished = control_word() == 0;
        wait(0, SC_NS);
        done.notify();
    }

    test_initiator other{"other"};
    sc_core::sc_event begin, done;
    bytes seen;
    bool saw_transfer_unfinished = false;
    bool saw_transfer_finished = false;
};

SC_TEST(contended_bench, other_processes_wait_for_the_end_of_a_dma) {
    begin.notify(sc_core::SC_ZERO_TIME);
    EXPECT_EQ(dma(choosing(key_of("opt/long"), read), 0x7fff), 0u);
    wait(done);
    EXPECT_TRUE(saw_transfer_unfinished);
    EXPECT_TRUE(saw_transfer_finished);
    EXPECT_EQ(seen, bytes{7}) << "the last byte, which the DMA left";
}

/// Reset, and an owner who replaces the bytes, while a transfer is under way.
struct disturbed_bench : contended_bench {};

SC_TEST(disturbed_bench, reset_and_replaced_bytes_leave_a_dma_in_progress_alone) {
    const uint16_t key = key_of("opt/long");
    poke(descriptor, make_descriptor(choosing(key, read), 0x8000, buffer));
    sc_core::sc_spawn([this] {
        wait(sc_core::SC_ZERO_TIME);
        device.reset();
        device.items().modify_file("opt/long", bytes(10, 9));
    });
    EXPECT_TRUE(start_dma(descriptor).ok());
    EXPECT_EQ(control_word(), 0u);
    EXPECT_EQ(memory_bytes(buffer, 0x8000), bytes(0x8000, 7));
    EXPECT_EQ(device.selected_key(), 0);
    EXPECT_EQ(data_bytes(4), text("QEMU"));
    EXPECT_EQ(content(key, 11), bytes(10, 9) + zeros(1));
}

} // namespace
} // namespace vmcore::test
