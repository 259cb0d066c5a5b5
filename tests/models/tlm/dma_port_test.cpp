#include "models/tlm/dma_port.h"

#include "models/bus/bus.h"
#include "models/memory/memory.h"
#include "tests/harness/bench.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <stdexcept>
#include <tlm_utils/simple_target_socket.h>

namespace vmcore::test {
namespace {

using bytes = std::vector<uint8_t>;

const sc_core::sc_time read_latency(10, sc_core::SC_NS);
const sc_core::sc_time write_latency(20, sc_core::SC_NS);

bytes counting(size_t length, unsigned first = 1) {
    bytes data(length);
    for (size_t i = 0; i < length; ++i)
        data[i] = static_cast<uint8_t>(first + i * 3);
    return data;
}

/// A target around the whole address space whose rules a test sets; remembers the bursts it saw.
class picky : public sc_core::sc_module {
public:
    tlm_utils::simple_target_socket<picky, 64> socket{"socket"};

    explicit picky(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name) {
        socket.register_b_transport(this, &picky::b_transport);
    }

    std::function<tlm::tlm_response_status(uint64_t address, unsigned length)> rule = [](uint64_t, unsigned) {
        return tlm::TLM_OK_RESPONSE;
    };
    std::vector<std::pair<uint64_t, unsigned>> bursts;
    std::map<uint64_t, uint8_t> contents;

private:
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
        const uint64_t address = payload.get_address();
        const unsigned length = payload.get_data_length();
        bursts.emplace_back(address, length);
        delay += read_latency;
        payload.set_response_status(rule(address, length));
        for (unsigned i = 0; payload.is_response_ok() && i < length; ++i) {
            if (payload.is_read())
                payload.get_data_ptr()[i] = contents[address + i];
            else
                contents[address + i] = payload.get_data_ptr()[i];
        }
    }
};

dma_port::config settings(bool dmi, unsigned max_burst = 64, uint64_t sync_bytes = 1u << 20) {
    dma_port::config config;
    config.dmi = dmi;
    config.max_burst = max_burst;
    config.sync_bytes = sync_bytes;
    return config;
}

class picky_bench : public bench {
public:
    picky_bench() { connect(port.socket, target.socket); }

protected:
    dma_port port{"port", settings(true)};
    picky target{"target"};
    sc_core::sc_time delay;
};

SC_TEST(picky_bench, splits_into_naturally_aligned_bursts) {
    const bytes data = counting(200);
    EXPECT_TRUE(port.write(0x1003, data.data(), data.size(), delay));
    EXPECT_EQ(target.bursts, (std::vector<std::pair<uint64_t, unsigned>>{{0x1003, 1},
                                                                         {0x1004, 4},
                                                                         {0x1008, 8},
                                                                         {0x1010, 16},
                                                                         {0x1020, 32},
                                                                         {0x1040, 64},
                                                                         {0x1080, 64},
                                                                         {0x10c0, 8},
                                                                         {0x10c8, 2},
                                                                         {0x10ca, 1}}));
    bytes back(data.size());
    EXPECT_TRUE(port.read(0x1003, back.data(), back.size(), delay));
    EXPECT_EQ(back, data);
    EXPECT_EQ(delay, read_latency * 20);
}

SC_TEST(picky_bench, halves_bursts_for_as_long_as_their_length_is_refused) {
    for (const unsigned accepted : {32u, 8u, 4u, 2u, 1u}) {
        target.rule = [=](uint64_t, unsigned length) {
            return length > accepted ? tlm::TLM_BURST_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE;
        };
        target.contents.clear();
        const bytes data = counting(100, accepted);
        EXPECT_TRUE(port.write(0x40, data.data(), data.size(), delay)) << accepted;
        for (size_t i = 0; i < data.size(); ++i)
            ASSERT_EQ(target.contents[0x40 + i], data[i]) << accepted;
    }
}

SC_TEST(picky_bench, burst_refused_at_every_length_is_passed_over_and_reported) {
    target.rule = [](uint64_t, unsigned) { return tlm::TLM_BURST_ERROR_RESPONSE; };
    bytes data(16, 0xee);
    EXPECT_FALSE(port.read(0, data.data(), data.size(), delay));
    EXPECT_EQ(data, bytes(16, 0));
}

SC_TEST(picky_bench, moves_every_byte_beside_holes_of_any_shape) {
    const auto hole = [](uint64_t address) {
        return (address >= 0x13 && address < 0x29) || address == 0x47 || address >= 0x7b;
    };
    target.rule = [=](uint64_t address, unsigned length) {
        for (unsigned i = 0; i < length; ++i)
            if (hole(address + i))
                return tlm::TLM_ADDRESS_ERROR_RESPONSE;
        return tlm::TLM_OK_RESPONSE;
    };
    const bytes data = counting(0x80);
    EXPECT_FALSE(port.write(0, data.data(), data.size(), delay));
    bytes back(0x80, 0xee);
    EXPECT_FALSE(port.read(0, back.data(), back.size(), delay));
    for (unsigned i = 0; i < 0x80; ++i)
        EXPECT_EQ(back[i], hole(i) ? 0 : data[i]) << std::hex << i;
    EXPECT_TRUE(port.read(0x30, back.data(), 0x10, delay)) << "the refusals before are forgotten";
}

SC_TEST(picky_bench, other_errors_are_taken_for_the_whole_word_and_the_rest_goes_on) {
    for (const auto status : {tlm::TLM_GENERIC_ERROR_RESPONSE, tlm::TLM_COMMAND_ERROR_RESPONSE}) {
        target.rule = [=](uint64_t address, unsigned length) {
            return address < 0x18 && address + length > 0x10 ? status : tlm::TLM_OK_RESPONSE;
        };
        const bytes data = counting(0x40, static_cast<unsigned>(status) + 100);
        target.contents.clear();
        EXPECT_FALSE(port.write(0, data.data(), data.size(), delay));
        EXPECT_EQ(target.contents[0x0f], data[0x0f]);
        EXPECT_EQ(target.contents.count(0x10), 0u);
        EXPECT_EQ(target.contents.count(0x17), 0u);
        EXPECT_EQ(target.contents[0x18], data[0x18]);
    }
}

SC_TEST(picky_bench, addresses_wrap_at_the_end_of_the_address_space) {
    const bytes data = counting(100);
    const uint64_t start = uint64_t(0) - 37;
    EXPECT_TRUE(port.write(start, data.data(), data.size(), delay));
    EXPECT_EQ(target.contents[~uint64_t(0)], data[36]);
    EXPECT_EQ(target.contents[0], data[37]);
    EXPECT_EQ(target.contents[62], data[99]);
}

SC_TEST(picky_bench, empty_transfers_do_nothing_and_succeed) {
    EXPECT_TRUE(port.read(0, nullptr, 0, delay));
    EXPECT_TRUE(port.write(0, nullptr, 0, delay));
    EXPECT_TRUE(port.clear(0, 0, delay));
    EXPECT_TRUE(target.bursts.empty());
    EXPECT_EQ(delay, sc_core::SC_ZERO_TIME);
}

SC_TEST(picky_bench, clear_writes_zeros) {
    const bytes data = counting(32);
    port.write(0, data.data(), data.size(), delay);
    EXPECT_TRUE(port.clear(3, 20, delay));
    for (unsigned i = 0; i < 32; ++i)
        EXPECT_EQ(target.contents[i], i >= 3 && i < 23 ? 0 : data[i]);
}

/// dma port -> bus -> memories, once with DMI and once without.
///   0x1000..0x1fff ram, 0x2000..0x2ffe ram of odd size, 0x4000..0x4fff rom, 2^64-0x1000.. ram
class block_bench : public bench {
public:
    block_bench() {
        connect(direct.socket, crossbar.target_socket);
        connect(bursts.socket, crossbar.target_socket);
        crossbar.map("low", 0x1000, 0x1000, checked(low.socket));
        crossbar.map("odd", 0x2000, 0xfff, checked(odd.socket));
        crossbar.map("rom", 0x4000, 0x1000, checked(rom.socket));
        crossbar.map("high", uint64_t(0) - 0x1000, 0x1000, checked(high.socket));
    }

protected:
    static memory::config sized(uint64_t size, bool read_only = false) {
        memory::config config;
        config.size = size;
        config.read_only = read_only;
        config.read_latency = read_latency;
        config.write_latency = write_latency;
        return config;
    }

    dma_port direct{"direct", settings(true, 64, 256)};
    dma_port bursts{"bursts", settings(false, 64, 256)};
    bus crossbar{"bus"};
    memory low{"low", sized(0x1000)};
    memory odd{"odd", sized(0xfff)};
    memory rom{"rom", sized(0x1000, true)};
    memory high{"high", sized(0x1000)};
    sc_core::sc_time delay;

    /// Simulated time that a transfer takes, waits included.
    template <typename TRANSFER>
    sc_core::sc_time duration(TRANSFER transfer) {
        const sc_core::sc_time start = sc_core::sc_time_stamp();
        sc_core::sc_time ahead;
        transfer(ahead);
        return sc_core::sc_time_stamp() + ahead - start;
    }
};

SC_TEST(block_bench, direct_and_burst_transfers_give_equal_bytes_and_take_equal_time) {
    bytes warm(64);
    direct.read(0x1000, warm.data(), 64, delay);
    const struct {
        uint64_t address;
        size_t length;
    } blocks[] = {{0x1000, 1},    {0x1000, 8},    {0x1001, 7},   {0x1003, 6},    {0x1007, 2},
                  {0x1005, 300},  {0x1000, 4096}, {0x1fff, 1},   {0x1ff1, 15},   {0x1800, 777},
                  {0x1f00, 4000}, {0x2001, 4094}, {0x0f00, 600}, {0x2f00, 4352}, {0x4000, 4096}};
    for (const auto& block : blocks) {
        const bytes data = counting(block.length, static_cast<unsigned>(block.length));
        bool answers[4];
        bytes by_direct(block.length, 0xee);
        bytes by_bursts(block.length, 0xee);
        const auto direct_write = duration([&](sc_core::sc_time& ahead) {
            answers[0] = direct.write(block.address, data.data(), block.length, ahead);
        });
        const auto burst_read = duration([&](sc_core::sc_time& ahead) {
            answers[1] = bursts.read(block.address, by_bursts.data(), block.length, ahead);
        });
        const auto burst_write = duration([&](sc_core::sc_time& ahead) {
            answers[2] = bursts.write(block.address, data.data(), block.length, ahead);
        });
        const auto direct_read = duration([&](sc_core::sc_time& ahead) {
            answers[3] = direct.read(block.address, by_direct.data(), block.length, ahead);
        });
        EXPECT_EQ(direct_write, burst_write) << std::hex << block.address << ' ' << block.length;
        EXPECT_EQ(direct_read, burst_read) << std::hex << block.address << ' ' << block.length;
        EXPECT_EQ(answers[0], answers[2]);
        EXPECT_EQ(answers[1], answers[3]);
        EXPECT_EQ(by_direct, by_bursts);
        for (size_t i = 0; i < block.length; ++i) {
            const uint64_t address = block.address + i;
            const bool mapped = address >= 0x1000 && address < 0x2fff;
            ASSERT_EQ(by_direct[i], mapped ? data[i] : 0) << std::hex << address;
        }
    }
}

SC_TEST(block_bench, odd_last_bytes_of_a_memory_are_moved) {
    const bytes data = counting(32);
    EXPECT_FALSE(bursts.write(0x2ff0, data.data(), 32, delay)) << "17 of them lie behind the end";
    EXPECT_EQ(odd.data()[0xffe], data[14]);
    EXPECT_TRUE(bursts.write(0x2ff0, data.data(), 15, delay));
}

SC_TEST(block_bench, a_hole_of_gigabytes_is_skipped_in_one_step) {
    bytes sink(0x100, 0xee);
    const sc_core::sc_time taken = duration([&](sc_core::sc_time& ahead) {
        EXPECT_FALSE(bursts.clear(0x10000, uint64_t(0) - 0x11000, ahead));
        EXPECT_FALSE(bursts.read(0x3f80, sink.data(), sink.size(), ahead));
    });
    EXPECT_EQ(std::count(sink.begin(), sink.end(), 0), 0x100);
    EXPECT_EQ(taken, read_latency * 16) << "only the ROM's half takes time";
}

SC_TEST(block_bench, wraps_from_the_last_address_to_a_hole_at_zero) {
    bytes data = counting(0x20);
    EXPECT_FALSE(direct.write(uint64_t(0) - 0x10, data.data(), data.size(), delay));
    EXPECT_TRUE(std::equal(data.begin(), data.begin() + 0x10, high.data() + 0xff0));
    bytes back(0x20, 0xee);
    EXPECT_FALSE(direct.read(uint64_t(0) - 0x10, back.data(), back.size(), delay));
    std::fill(data.begin() + 0x10, data.end(), 0);
    EXPECT_EQ(back, data);
}

SC_TEST(block_bench, rom_refuses_writes_even_when_it_was_read_directly_before) {
    bytes data(64);
    EXPECT_TRUE(direct.read(0x4000, data.data(), 64, delay));
    EXPECT_TRUE(direct.read(0x4000, data.data(), 64, delay));
    EXPECT_FALSE(direct.write(0x4000, counting(64).data(), 64, delay));
    EXPECT_FALSE(direct.clear(0x4000, 64, delay));
    EXPECT_EQ(rom.data()[0], 0);
}

SC_TEST(block_bench, long_transfers_wait_for_the_time_they_take) {
    bytes data(1024);
    delay = sc_core::sc_time(5, sc_core::SC_NS);
    EXPECT_TRUE(bursts.read(0x1000, data.data(), data.size(), delay));
    EXPECT_EQ(sc_core::sc_time_stamp() + delay, sc_core::sc_time(5, sc_core::SC_NS) + read_latency * 128);
    EXPECT_EQ(delay, read_latency * 32) << "waited after every 256 bytes but the last";
}

/// A target that grants direct access, and moves to other memory while a transfer waits.
class moving : public sc_core::sc_module {
public:
    tlm_utils::simple_target_socket<moving, 64> socket{"socket"};

    SC_HAS_PROCESS(moving);
    explicit moving(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name) {
        socket.register_b_transport(this, &moving::b_transport);
        socket.register_get_direct_mem_ptr(this, &moving::get_direct_mem_ptr);
        SC_THREAD(move);
    }

    sc_core::sc_event now;
    bytes before = bytes(0x1000);
    bytes after = bytes(0x1000);
    unsigned bursts = 0;

private:
    void move() {
        sc_core::wait(now);
        socket->invalidate_direct_mem_ptr(0x800, 0x800); // a part of what was granted
        m_current = &after;
    }
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
        ++bursts;
        std::memcpy(m_current->data() + payload.get_address(), payload.get_data_ptr(),
                    payload.get_data_length());
        delay += write_latency * (payload.get_data_length() / 8);
        payload.set_dmi_allowed(true);
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& region) {
        region.set_dmi_ptr(m_current->data());
        region.set_end_address(0xfff);
        region.allow_read_write();
        region.set_write_latency(write_latency);
        return true;
    }

    bytes* m_current = &before;
};

class moving_bench : public bench {
public:
    moving_bench() { connect(port.socket, target.socket); }

protected:
    dma_port port{"port", settings(true, 64, 256)};
    moving target{"target"};
    sc_core::sc_time delay;
};

SC_TEST(moving_bench, a_pointer_taken_back_in_the_middle_is_not_used_and_asked_for_again) {
    target.now.notify(write_latency * 80); // while the port waits for its first 64 + 3 * 256 bytes
    const bytes data(0x1000, 0xab);
    EXPECT_TRUE(port.write(0, data.data(), data.size(), delay));
    EXPECT_EQ(sc_core::sc_time_stamp() + delay, write_latency * 512);
    bytes expected_before(0x1000);
    bytes expected_after(0x1000);
    std::fill_n(expected_before.begin(), 0x340, 0xab);
    std::fill(expected_after.begin() + 0x340, expected_after.end(), 0xab);
    EXPECT_EQ(target.before, expected_before);
    EXPECT_EQ(target.after, expected_after);
    EXPECT_EQ(target.bursts, 2u) << "one before each of the two pointers";
}

TEST(dma_port_construction, bursts_that_are_no_power_of_two_are_refused) {
    for (const unsigned burst : {0u, 1u, 4u, 12u, 100u, 8192u})
        EXPECT_THROW(dma_port("port", settings(true, burst)), std::invalid_argument) << burst;
}

TEST(dma_port_construction, a_port_that_never_ran_is_destroyed_quietly) {
    { dma_port port("port"); }
    dma_port again("port", settings(false, 8));
}

} // namespace
} // namespace vmcore::test
