#pragma once

#include "models/tlm/interrupt_wire.h"
#include "models/uart16550/uart16550.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <deque>
#include <string>

namespace vmcore::test {

/// A back end whose two ends a test holds in its hands.
class scripted_backend : public uart_backend {
public:
    std::string sent;
    std::deque<std::string> input; ///< one element a poll
    size_t room = SIZE_MAX;        ///< bytes that write() still takes
    bool open = true;              ///< what has_input() says
    unsigned reads = 0;
    unsigned flushes = 0;
    std::string failure;

    size_t write(const uint8_t* data, size_t length) override {
        const size_t taken = std::min(length, room);
        sent.append(reinterpret_cast<const char*>(data), taken);
        room -= room == SIZE_MAX ? 0 : taken;
        return taken;
    }
    size_t read(uint8_t* data, size_t length) override {
        ++reads;
        if (input.empty())
            return 0;
        const size_t count = input.front().copy(reinterpret_cast<char*>(data), length);
        input.front().erase(0, count);
        if (input.front().empty())
            input.pop_front();
        return count;
    }
    void flush() override { ++flushes; }
    bool has_input() const override { return open; }
    const std::string& error() const override { return failure; }
};

/// A UART that looks for input only when told, so that tests decide what comes when.
struct uart_bench : bench {
    enum : uint64_t {
        rbr = 0,
        thr = 0,
        ier = 1,
        iir = 2,
        fcr = 2,
        lcr = 3,
        mcr = 4,
        lsr = 5,
        msr = 6,
        scr = 7
    };

    scripted_backend line;
    uart16550 device;
    test_initiator initiator{"initiator"};
    interrupt_wire irq{"irq"};
    unsigned assertions = 0; ///< of irq

    explicit uart_bench(const uart16550::config& settings = {})
        : device("uart", settings, line) {
        connect(initiator.socket, device.socket);
        device.irq.bind(irq);
        sc_core::sc_spawn_options how;
        how.spawn_method();
        how.dont_initialize();
        how.set_sensitivity(&irq.asserted_event());
        sc_core::sc_spawn([this] { ++assertions; }, "count_assertions", &how);
    }

    /// Lets the interrupt line follow, without simulated time.
    void settle() {
        for (int i = 0; i < 3; ++i)
            wait(sc_core::SC_ZERO_TIME);
    }
    unsigned read(uint64_t offset) {
        const auto answer = initiator.read(offset, 1);
        EXPECT_TRUE(answer.ok());
        settle();
        return static_cast<unsigned>(answer.value());
    }
    void write(uint64_t offset, unsigned value) {
        EXPECT_TRUE(initiator.write_value(offset, value, 1).ok());
        settle();
    }
    /// The other side sends.
    void feed(const std::string& bytes) {
        line.input.push_back(bytes);
        device.poll();
        settle();
    }
    std::string receive_all() {
        std::string bytes;
        while (read(lsr) & 1)
            bytes += static_cast<char>(read(rbr));
        return bytes;
    }
    void set_divisor(unsigned divisor, unsigned line_control) {
        write(lcr, 0x80 | line_control);
        write(0, divisor & 0xff);
        write(1, divisor >> 8);
        write(lcr, line_control);
    }
};

} // namespace vmcore::test
