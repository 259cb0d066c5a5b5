// Random traffic to a bus with several memories, against a flat array.
//
// The array knows of each address only which range it belongs to, whether a target answers there and whether
// it may be written; what a transaction must do follows from that byte by byte, without the bus's arithmetic.
// The map lies at the very end of the address space, so that every sum that could overflow gets its chance.

#include "models/bus/bus.h"
#include "models/memory/memory.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <algorithm>
#include <cstring>
#include <rapidcheck.h>

namespace vmcore::test {
namespace {

using bytes = std::vector<uint8_t>;

constexpr unsigned space = 0x900;                // bytes that the traffic aims at
constexpr uint64_t origin = uint64_t(0) - space; // its first address; it ends at 2^64

enum class method { transport, direct, debug };

struct transaction {
    method how;
    unsigned initiator;
    tlm::tlm_command command;
    unsigned place;   // address - origin
    unsigned length;  // 1 to 300
    unsigned width;   // streaming width
    bytes enables;    // empty: none
    unsigned pattern; // first byte of the data
};

void showValue(const transaction& t, std::ostream& out) {
    static const char* const methods[] = {"transport", "direct", "debug"};
    static const char* const commands[] = {"read", "write", "ignore"};
    out << methods[static_cast<int>(t.how)] << ' ' << commands[t.command] << " initiator=" << t.initiator
        << std::hex << " place=0x" << t.place << std::dec << " length=" << t.length << " width=" << t.width
        << " pattern=" << t.pattern << " enables=" << t.enables.size();
    for (const uint8_t enable : t.enables)
        out << (enable ? " on" : " off");
}

rc::Gen<transaction> any_transaction() {
    return rc::gen::exec([] {
        transaction t;
        t.how = *rc::gen::weightedElement<method>(
            {{6, method::transport}, {2, method::direct}, {2, method::debug}});
        t.initiator = *rc::gen::inRange(0u, 2u);
        t.command = *rc::gen::weightedElement<tlm::tlm_command>(
            {{5, tlm::TLM_READ_COMMAND}, {5, tlm::TLM_WRITE_COMMAND}, {1, tlm::TLM_IGNORE_COMMAND}});
        if (t.how == method::direct && t.command == tlm::TLM_IGNORE_COMMAND)
            t.command = tlm::TLM_READ_COMMAND;
        t.place = *rc::gen::inRange(0u, space);
        t.length = *rc::gen::oneOf(rc::gen::inRange(1u, 17u), rc::gen::inRange(1u, 301u));
        t.width = *rc::gen::oneOf(rc::gen::just(t.length), rc::gen::inRange(1u, 301u));
        t.enables = *rc::gen::weightedOneOf<bytes>(
            {{3, rc::gen::just(bytes())},
             {1, rc::gen::container<bytes>(rc::gen::element<uint8_t>(0x00, 0xff))}});
        t.pattern = *rc::gen::inRange(0u, 256u);
        return t;
    });
}

class traffic_bench : public bench {
public:
    traffic_bench() {
        connect(initiators[0].socket, crossbar.target_socket);
        connect(initiators[1].socket, crossbar.target_socket);
        add("ram", 0x100, 0x200, ram);
        add("adjacent", 0x300, 0xfd, adjacent);
        add("rom", 0x480, 0x100, rom);
        add("window", 0x600, 0x80, window, 0x40);
        add("short", 0x700, 0x100, shorter);
        add("last", 0x8c0, 0x40, last);
    }

protected:
    struct cell {
        int range = -1; // index of the range; -1: unmapped
        bool present = false;
        bool writable = false;
        uint8_t value = 0;
        bool usable() const { return range >= 0 && present; }
    };

    static memory::config sized(uint64_t size, bool read_only = false) {
        memory::config config;
        config.size = size;
        config.read_only = read_only;
        return config;
    }

    void add(const char* name, unsigned place, unsigned size, memory& target, unsigned offset = 0) {
        crossbar.map(name, origin + place, size, checked(target.socket), offset);
        for (unsigned i = 0; i < size; ++i)
            blank[place + i] = {ranges, offset + i < target.size(), !target.read_only(), 0};
        ++ranges;
        targets.push_back(&target);
    }

    /// Everything as after power-on, the ROM with a pattern.
    void start() {
        for (memory* target : targets)
            target->clear();
        flat = blank;
        for (unsigned i = 0; i < 0x100; ++i)
            rom.data()[i] = flat[0x480 + i].value = static_cast<uint8_t>(i * 7 + 1);
    }

    /// Bytes from `place` on that belong to one range and have a target, `length` at most.
    unsigned reach(unsigned place, unsigned length) const {
        unsigned count = 0;
        while (count < length && place + count < space && flat[place + count].usable() &&
               flat[place + count].range == flat[place].range)
            ++count;
        return count;
    }

    static bytes pattern(const transaction& t) {
        bytes data(t.length);
        for (unsigned i = 0; i < t.length; ++i)
            data[i] = static_cast<uint8_t>(t.pattern + i);
        return data;
    }

    void transport(const transaction& t) {
        bytes data = pattern(t);
        bytes expected = data;
        bytes enables = t.enables;
        const unsigned extent = std::min(t.length, t.width);
        tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
        if (reach(t.place, extent) < extent)
            status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
        else if (t.command == tlm::TLM_WRITE_COMMAND && !flat[t.place].writable)
            status = tlm::TLM_COMMAND_ERROR_RESPONSE;
        else if (t.command != tlm::TLM_IGNORE_COMMAND)
            for (unsigned i = 0; i < t.length; ++i) {
                if (!enables.empty() && enables[i % enables.size()] == 0)
                    continue;
                uint8_t& value = flat[t.place + i % t.width].value;
                if (t.command == tlm::TLM_READ_COMMAND)
                    expected[i] = value;
                else
                    value = data[i];
            }

        request payload(t.command, origin + t.place, data);
        payload.set_streaming_width(t.width);
        if (!enables.empty()) {
            payload.set_byte_enable_ptr(enables.data());
            payload.set_byte_enable_length(static_cast<unsigned>(enables.size()));
        }
        const auto answer = initiators[t.initiator].send(payload);
        RC_ASSERT(answer.status == status);
        RC_ASSERT(data == expected);
        RC_ASSERT(payload.get_address() == origin + t.place);
        RC_ASSERT(!answer.dmi_hint || flat[t.place].usable());
    }

    void direct(const transaction& t) {
        const cell& here = flat[t.place];
        const bool allowed = here.usable() && (t.command == tlm::TLM_READ_COMMAND || here.writable);
        tlm::tlm_dmi region;
        RC_ASSERT(initiators[t.initiator].request_dmi(origin + t.place, t.command, region) == allowed);
        const auto alike = [&](unsigned place) {
            return flat[place].range == here.range && flat[place].present == here.present;
        };
        unsigned first = t.place;
        unsigned end = t.place + 1;
        while (first > 0 && alike(first - 1))
            --first;
        while (end < space && alike(end))
            ++end;
        if (first > 0) // below the origin the gap goes on
            RC_ASSERT(region.get_start_address() == origin + first);
        RC_ASSERT(region.get_end_address() == origin + (end - 1));
        if (!allowed)
            return;
        uint8_t* memory_bytes = region.get_dmi_ptr() + (t.place - first);
        for (unsigned i = 0; i < std::min(t.length, end - t.place); ++i) {
            if (t.command == tlm::TLM_WRITE_COMMAND)
                memory_bytes[i] = flat[t.place + i].value = static_cast<uint8_t>(t.pattern + i);
            else
                RC_ASSERT(memory_bytes[i] == flat[t.place + i].value);
        }
    }

    void debug(const transaction& t) {
        bytes data = pattern(t);
        bytes expected = data;
        const unsigned count = t.command == tlm::TLM_IGNORE_COMMAND ? 0 : reach(t.place, t.length);
        for (unsigned i = 0; i < count; ++i) {
            if (t.command == tlm::TLM_READ_COMMAND)
                expected[i] = flat[t.place + i].value;
            else
                flat[t.place + i].value = data[i]; // ROM too
        }
        request payload(t.command, origin + t.place, data);
        RC_ASSERT(initiators[t.initiator].socket->transport_dbg(payload) == count);
        RC_ASSERT(data == expected);
        RC_ASSERT(payload.get_data_length() == t.length);
    }

    void compare_everything() {
        for (unsigned place = 0; place < space; ++place)
            if (flat[place].usable())
                RC_ASSERT(initiators[0].debug_read(origin + place, 1).value() == flat[place].value);
    }

    test_initiator initiators[2]{test_initiator("first"), test_initiator("second")};
    bus crossbar{"bus"};
    memory ram{"ram", sized(0x200)};
    memory adjacent{"adjacent", sized(0xfd)};
    memory rom{"rom", sized(0x100, true)};
    memory window{"window", sized(0x100)};
    memory shorter{"short", sized(0x91)};
    memory last{"last", sized(0x40)};
    std::vector<memory*> targets;
    int ranges = 0;
    std::vector<cell> blank = std::vector<cell>(space);
    std::vector<cell> flat;
};

SC_TEST(traffic_bench, random_transactions_do_what_a_flat_array_would) {
    const bool holds = rc::check([this] {
        start();
        const auto traffic = *rc::gen::container<std::vector<transaction>>(any_transaction());
        for (const transaction& t : traffic) {
            switch (t.how) {
            case method::transport: transport(t); break;
            case method::direct: direct(t); break;
            case method::debug: debug(t); break;
            }
        }
        compare_everything();
    });
    EXPECT_TRUE(holds) << "RapidCheck printed the shortest failing traffic and the seed";
}

} // namespace
} // namespace vmcore::test
