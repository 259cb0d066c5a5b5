/// Random sequences of register accesses and DMA, compared with a plain model after every step.

#include "tests/models/fw_cfg/fw_cfg_bench.h"
#include "tests/models/fw_cfg/reference_fw_cfg.h"

#include <rapidcheck.h>
#include <sstream>

namespace vmcore::test {
namespace {

struct step {
    enum { read_register, write_register, dma, reset } kind;
    unsigned offset, size; // of a register access
    uint64_t value;
    uint32_t control, length; // of a DMA
    uint64_t target, descriptor;
};

std::ostream& operator<<(std::ostream& out, const step& s) {
    const char* names[] = {"read", "write", "dma", "reset"};
    return out << std::hex << names[s.kind] << " at " << s.offset << " size " << s.size << " value "
               << s.value << " control " << s.control << " length " << s.length << " target " << s.target
               << " descriptor " << s.descriptor;
}

using fixture = fw_cfg_bench;

rc::Gen<uint64_t> near(uint64_t address, uint64_t reach) {
    return rc::gen::map(rc::gen::inRange<uint64_t>(0, 2 * reach),
                        [=](uint64_t away) { return address + away - reach; });
}

/// Anywhere interesting, and mostly in RAM.
rc::Gen<uint64_t> any_address() {
    return rc::gen::weightedOneOf<uint64_t>(
        {{8, rc::gen::inRange<uint64_t>(fixture::ram_base, fixture::ram_end)},
         {2, near(fixture::ram_end, 24)},
         {1, near(fixture::ram_base, 24)},
         {1, near(fixture::rom_base + fixture::rom_size, 24)},
         {1, near(fixture::rom_base, 24)},
         {1, near(fixture::base + 12, 30)},
         {1, near(0, 20)},
         {1, rc::gen::just(fixture::hole)}});
}

rc::Gen<uint32_t> any_key() {
    return rc::gen::weightedOneOf<uint32_t>({{6, rc::gen::inRange<uint32_t>(0x20, 0x24)},
                                             {3, rc::gen::element<uint32_t>(0, 1, 0x19, 0x3f, 0x40, 0xffff)},
                                             {1, rc::gen::inRange<uint32_t>(0, 0x10000)}});
}

rc::Gen<step> any_step() {
    return rc::gen::apply(
        [](int kind, unsigned offset, unsigned size, uint64_t noise, uint32_t key, uint32_t mode,
           uint32_t length, uint64_t target, uint64_t descriptor) {
            step made{};
            made.kind = kind < 4    ? step::read_register
                        : kind < 7  ? step::write_register
                        : kind < 15 ? step::dma
                                    : step::reset;
            made.offset = offset;
            made.size = size;
            made.value = offset == 8 ? key : offset == 16 && size == 4 ? noise & 1 : descriptor;
            made.control = key << 16 | mode;
            made.length = length;
            made.target = target;
            made.descriptor = descriptor;
            return made;
        },
        rc::gen::inRange(0, 16),
        rc::gen::weightedOneOf<unsigned>(
            {{3, rc::gen::element(0u, 8u, 16u, 20u)}, {1, rc::gen::inRange(0u, 24u)}}),
        rc::gen::element(1u, 2u, 4u, 8u), rc::gen::arbitrary<uint64_t>(), any_key(),
        rc::gen::map(rc::gen::arbitrary<uint32_t>(), [](uint32_t bits) { return bits & 0xffff; }),
        rc::gen::weightedOneOf<uint32_t>({{6, rc::gen::inRange<uint32_t>(0, 24)},
                                          {1, rc::gen::inRange<uint32_t>(0, 3000)},
                                          {1, rc::gen::element<uint32_t>(0, 2051, 2052, 2053)}}),
        any_address(), any_address());
}

struct fw_cfg_random : fw_cfg_bench {
    /// The reference's memory: copies of ROM and RAM, nothing else.
    bytes rom_copy, ram_copy;
    reference_fw_cfg reference;

    uint8_t* copy_at(uint64_t address, bool writing) {
        if (address - ram_base < ram_size)
            return &ram_copy[address - ram_base];
        if (!writing && address - rom_base < rom_size)
            return &rom_copy[address - rom_base];
        return nullptr;
    }

    void start_over() {
        for (unsigned i = 0; i < rom_size; ++i)
            rom.data()[i] = static_cast<uint8_t>(i * 37 + (i >> 8));
        for (unsigned i = 0; i < ram_size; ++i)
            ram.data()[i] = static_cast<uint8_t>(i * 101 + (i >> 8));
        std::copy_n("0123456789abcdef", 16, room.data());
        start_dma(hole); // forgets a high half
        device.reset();
        writes.clear();

        rom_copy.assign(rom.data(), rom.data() + rom_size);
        ram_copy.assign(ram.data(), ram.data() + ram_size);
        reference = {};
        for (unsigned key : {0x00u, 0x01u, 0x19u, 0x20u, 0x21u, 0x22u}) {
            const item& from = *device.items().find(static_cast<uint16_t>(key));
            reference.items[key] = {from.data(), from.data() + from.size()};
        }
        reference.writable_key = room_key;
        reference.load = [this](uint64_t address, uint8_t& byte) {
            const uint8_t* from = copy_at(address, false);
            byte = from ? *from : 0;
            return from != nullptr;
        };
        reference.store = [this](uint64_t address, uint8_t byte) {
            uint8_t* to = copy_at(address, true);
            if (to)
                *to = byte;
            return to != nullptr;
        };
        reference.gap = [](uint64_t address) -> uint64_t {
            for (uint64_t edge : {rom_base, ram_base})
                if (address < edge)
                    return address - rom_base < rom_size ? 1 : edge - address;
            return address < ram_end ? 1 : 0 - address;
        };
    }

    void compare_write(unsigned offset, const bytes& value) {
        const bool accepted = reference.write_register(offset, value);
        RC_ASSERT(cpu.write(base + offset, value).ok() == accepted);
    }

    void take(const step& s) {
        if (s.kind == step::read_register) {
            bytes expected(s.size);
            const bool accepted = reference.read_register(s.offset, expected);
            const auto got = cpu.read(base + s.offset, s.size);
            RC_ASSERT(got.ok() == accepted);
            RC_ASSERT(!accepted || got.data == expected);
        } else if (s.kind == step::write_register) {
            compare_write(s.offset, big_endian(s.value, s.size));
        } else if (s.kind == step::dma) {
            const bytes wanted = make_descriptor(s.control, s.length, s.target);
            for (unsigned i = 0; i < 16; ++i)
                if (uint8_t* to = copy_at(s.descriptor + i, true)) {
                    *to = wanted[i];
                    ram.data()[s.descriptor + i - ram_base] = wanted[i];
                }
            compare_write(16, big_endian(s.descriptor, 8));
        } else {
            device.reset();
            reference.select(0);
        }
        RC_ASSERT(device.selected_key() == reference.key);
        RC_ASSERT(device.selected_offset() == reference.offset);
        RC_ASSERT(room_bytes() == reference.items[room_key]);
        RC_ASSERT(writes == reference.writes);
        RC_ASSERT(std::equal(ram_copy.begin(), ram_copy.end(), ram.data()));
        RC_ASSERT(std::equal(rom_copy.begin(), rom_copy.end(), rom.data()));
    }
};

SC_TEST(fw_cfg_random, sequences_of_accesses_have_the_effects_of_the_plain_model) {
    sc_core::sc_report_handler::set_actions("/vmcore/tlm/reentrant_access", sc_core::SC_DO_NOTHING);
    unsigned transferred = 0, published = 0;
    const bool same = rc::check([&] {
        const auto steps = *rc::gen::container<std::vector<step>>(any_step());
        start_over();
        for (const step& s : steps) {
            take(s);
            transferred += s.kind == step::dma;
        }
        published += static_cast<unsigned>(writes.size());
    });
    EXPECT_TRUE(same);
    EXPECT_GT(transferred, 500u) << "the sequences must reach the engine";
    EXPECT_GT(published, 20u) << "and successful writes";
}

} // namespace
} // namespace vmcore::test
