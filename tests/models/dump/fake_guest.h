#pragma once

#include "models/dump/cpu_state.h"
#include "models/dump/guest_state.h"
#include "models/vmcoreinfo/record.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

namespace vmcore::test {

/// Guest memory made of byte vectors. By default the engine reads it by pointer; `by_copy` hides the
/// pointers.
class fake_memory : public guest_memory {
public:
    bool by_copy = false;

    uint8_t* add(uint64_t base, uint64_t size) {
        m_blocks.push_back({base, std::vector<uint8_t>(size)});
        return m_blocks.back().bytes.data();
    }

    void put(uint64_t paddr, const std::vector<uint8_t>& bytes) {
        for (size_t i = 0; i < bytes.size(); ++i)
            if (const uint8_t* at = find(paddr + i))
                *const_cast<uint8_t*>(at) = bytes[i];
    }

    std::vector<memory_range> ranges() const override {
        std::vector<memory_range> ranges;
        for (const block& each : m_blocks)
            ranges.push_back({each.base, each.bytes.size(), by_copy ? nullptr : each.bytes.data()});
        return ranges;
    }

    uint64_t read(uint64_t paddr, void* to, uint64_t length) const override {
        longest_read = std::max(longest_read, length);
        uint64_t mapped = 0;
        for (uint64_t i = 0; i < length; ++i) {
            const uint8_t* at = find(paddr + i);
            static_cast<uint8_t*>(to)[i] = at ? *at : 0;
            mapped += at != nullptr;
        }
        return mapped;
    }

    mutable uint64_t longest_read = 0; ///< most bytes that a single read() asked for

private:
    struct block {
        uint64_t base;
        std::vector<uint8_t> bytes;
    };

    const uint8_t* find(uint64_t paddr) const {
        for (const block& each : m_blocks)
            if (paddr >= each.base && paddr - each.base < each.bytes.size())
                return each.bytes.data() + (paddr - each.base);
        return nullptr;
    }

    std::deque<block> m_blocks;
};

/// A RISC-V hart whose pc is first, x1 first + 1 and so on; of its other registers it has what a test
/// sets.
class fake_cpu : public cpu_state {
public:
    explicit fake_cpu(uint64_t first = 0) {
        set("pc", first);
        for (unsigned number = 1; number < 32; ++number)
            set("x" + std::to_string(number), first + number);
    }
};

/// A vmcoreinfo device with whatever record a test wants.
class fake_vmcoreinfo : public vmcoreinfo_source {
public:
    vmcoreinfo_record value;
    vmcoreinfo_record record() const override { return value; }
};

inline vmcoreinfo_record elf_record(uint64_t paddr, uint32_t size) {
    return {true, vmcoreinfo_format_elf, vmcoreinfo_format_elf, size, paddr};
}

/// A little-endian note as a guest writes it: header, name and text, each padded to 4 bytes. The name gets no
/// terminator but the one it brings along.
inline std::vector<uint8_t> guest_note_bytes(const std::string& name, const std::string& text,
                                             uint32_t type = 0) {
    std::vector<uint8_t> bytes;
    for (size_t number : {name.size(), text.size(), static_cast<size_t>(type)})
        for (int shift = 0; shift < 32; shift += 8)
            bytes.push_back(static_cast<uint8_t>(number >> shift));
    for (const std::string& part : {name, text}) {
        bytes.insert(bytes.end(), part.begin(), part.end());
        bytes.resize((bytes.size() + 3) / 4 * 4);
    }
    return bytes;
}

inline const std::string vmcoreinfo_name("VMCOREINFO", 11); ///< with its terminator

} // namespace vmcore::test
