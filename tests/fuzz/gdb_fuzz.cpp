// The server of gdb's remote protocol without its socket: a byte stream from a client, to two CPUs that do
// nothing. The first byte of an input says in which pieces the stream arrives, which must make no difference.

#include "sim/gdb/packet.h"
#include "sim/gdb/session.h"
#include "tests/fuzz/byte_reader.h"
#include "tests/fuzz/require.h"

#include <algorithm>
#include <string>
#include <string_view>

using vmcore::fuzz::byte_reader;
using vmcore::fuzz::require;
using namespace vmcore::sim::gdb;

namespace {

/// 33 registers, and 4 KiB of memory at 0x1000.
class plain_target : public vmcore::debug_target {
public:
    plain_target() {
        vmcore::debug_feature cpu{"cpu", {}};
        for (unsigned i = 0; i < 33; ++i)
            cpu.registers.push_back({"r" + std::to_string(i), i, "int"});
        m_features = {cpu};
    }
    std::string architecture() const override { return "riscv:rv64"; }
    const std::vector<vmcore::debug_feature>& features() const override { return m_features; }
    unsigned program_counter() const override { return 32; }
    std::optional<uint64_t> read_register(unsigned number) const override {
        return number < 33 ? std::optional<uint64_t>(m_registers[number]) : std::nullopt;
    }
    bool write_register(unsigned number, uint64_t value) override {
        if (number < 33)
            m_registers[number] = value;
        return number < 33;
    }
    bool read_memory(uint64_t address, uint8_t* to, size_t size) override {
        if (!holds(address, size))
            return false;
        std::copy_n(&m_memory[address - base], size, to);
        return true;
    }
    bool write_memory(uint64_t address, const uint8_t* from, size_t size) override {
        if (!holds(address, size))
            return false;
        std::copy_n(from, size, &m_memory[address - base]);
        return true;
    }
    void set_breakpoints(std::vector<uint64_t> addresses) override {
        require(addresses.size() <= session::max_breakpoints, "breakpoints are limited");
    }
    void set_watchpoints(std::vector<vmcore::watchpoint> watched) override {
        require(watched.size() <= session::max_watchpoints, "watchpoints are limited");
        for (const vmcore::watchpoint& each : watched)
            require(each.first <= each.last && (each.on_load || each.on_store), "a watchpoint watches");
    }
    void set_run(vmcore::debug_run, bool) override {}
    bool sleeps() const override { return false; }
    std::optional<vmcore::debug_stop> take_stop() override { return std::nullopt; }
    void on_stop(std::function<void()>) override {}

private:
    static constexpr uint64_t base = 0x1000;
    static constexpr size_t bytes = 4096;
    static bool holds(uint64_t address, size_t size) {
        return address >= base && address - base <= bytes && size <= bytes - (address - base);
    }
    uint64_t m_registers[33] = {};
    uint8_t m_memory[bytes] = {};
    std::vector<vmcore::debug_feature> m_features;
};

class client : public session::host {
public:
    std::string talk(std::string_view stream, size_t piece) {
        m_session.client_came();
        while (!stream.empty()) {
            for (const packet_reader::item& item : m_reader.feed(stream.substr(0, piece)))
                take(item);
            stream.remove_prefix(std::min(piece, stream.size()));
        }
        m_session.client_left();
        return m_sent;
    }

private:
    void take(const packet_reader::item& item) {
        require(item.text.size() <= packet_reader::max_packet, "a packet is limited");
        if (item.what == packet_reader::item::kind::packet)
            m_session.packet(item.text);
        else if (item.what == packet_reader::item::kind::interrupt)
            m_session.interrupt();
    }

    bool running() const override { return m_runs; }
    void pause() override {
        if (std::exchange(m_runs, false))
            m_session.stopped(halt::paused);
    }
    bool resume() override { return m_runs = true; }
    std::string monitor(const std::string& line, unsigned) override { return line; }
    void kill() override {}
    void send(const std::string& packet) override {
        const std::string framed = frame(packet);
        packet_reader reader;
        const auto items = reader.feed(framed);
        require(items.size() == 1 && items[0].text == packet, "what is sent can be read");
        m_sent += framed;
    }
    void stop_acknowledging() override {}

    plain_target m_first, m_second;
    bool m_runs = true;
    std::string m_sent;
    packet_reader m_reader;
    session m_session{{&m_first, &m_second}, *this};
};

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    byte_reader input(data, size);
    const size_t piece = 1 + input.byte() % 64;
    const std::vector<uint8_t> bytes = input.rest();
    const std::string_view stream(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::string in_pieces = client().talk(stream, piece);
    const std::string at_once = client().talk(stream, stream.size());
    require(in_pieces == at_once, "pieces make no difference");
    return 0;
}
