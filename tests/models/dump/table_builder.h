#pragma once

#include "models/dump/arch.h"
#include "models/tlm/endian.h"

#include <cstdint>
#include <stdexcept>
#include <string>

namespace vmcore::test {

/// Bit patterns of page table entries, each as its architecture's manual shows them.
struct entry_coding {
    uint64_t (*table)(uint64_t paddr);
    uint64_t (*page)(uint64_t paddr);
    uint64_t (*large_page)(uint64_t paddr);
};

inline const entry_coding riscv_entries = {[](uint64_t paddr) { return paddr >> 12 << 10 | 0x01; },
                                           [](uint64_t paddr) { return paddr >> 12 << 10 | 0xe7; },
                                           [](uint64_t paddr) { return paddr >> 12 << 10 | 0xef; }};
inline const entry_coding x86_entries = {[](uint64_t paddr) { return paddr | 0x067; },
                                         [](uint64_t paddr) { return paddr | 0x163 | uint64_t{1} << 63; },
                                         [](uint64_t paddr) { return paddr | 0x1e3; }};
inline const entry_coding aarch64_entries = {
    [](uint64_t paddr) { return paddr | 0x003; },
    [](uint64_t paddr) { return paddr | 0x703 | uint64_t{3} << 53; },
    [](uint64_t paddr) { return paddr | 0x701 | uint64_t{1} << 52; }};

// With FEAT_LPA2 and pages of 4 KiB: bits 50 and 51 of the address where the shareability was.
inline uint64_t aarch64_52_bit_address(uint64_t paddr) {
    return (paddr & 0x0003fffffffff000) | (paddr >> 50 & 3) << 8;
}
inline const entry_coding aarch64_52_bit_entries = {
    [](uint64_t paddr) { return aarch64_52_bit_address(paddr) | 0x003; },
    [](uint64_t paddr) { return aarch64_52_bit_address(paddr) | 0x403 | uint64_t{3} << 53; },
    [](uint64_t paddr) { return aarch64_52_bit_address(paddr) | 0x401 | uint64_t{1} << 52; }};

/// Makes page tables of 512 entries with 8 bytes in guest memory.
class table_builder {
public:
    /// Tables are taken from `paddr` on; `bytes` is where that is on the host, and holds `count` tables. The
    /// root is the first one; with an `address_size` that is not 12 + 9 * levels it is smaller than a page.
    table_builder(uint8_t* bytes, uint64_t paddr, unsigned count, unsigned address_size,
                  const entry_coding& coding)
        : m_bytes(bytes)
        , m_paddr(paddr)
        , m_count(count)
        , m_levels((address_size - 12 + 8) / 9)
        , m_address_size(address_size)
        , m_coding(coding) {}

    uint64_t root() const { return m_paddr; }

    /// Maps one page of 4 KiB (level 0), 2 MiB (1) or 1 GiB (2).
    void map(uint64_t vaddr, uint64_t paddr, unsigned level = 0) {
        uint8_t* table = m_bytes;
        for (unsigned at = m_levels - 1; at > level; --at)
            table = next(entry(table, vaddr, at));
        set(entry(table, vaddr, level), level == 0 ? m_coding.page(paddr) : m_coding.large_page(paddr));
    }
    void map_range(uint64_t vaddr, uint64_t paddr, uint64_t size) {
        for (uint64_t done = 0; done < size; done += 4096)
            map(vaddr + done, paddr + done);
    }

    static void set(uint8_t* entry, uint64_t value) { store_bytes(entry, value, 8, byte_order::little); }

private:
    uint8_t* entry(uint8_t* table, uint64_t vaddr, unsigned level) const {
        const uint64_t translated = vaddr & ((uint64_t{1} << m_address_size) - 1);
        return table + 8 * (translated >> (12 + 9 * level) & 511);
    }
    uint8_t* next(uint8_t* entry) {
        const uint64_t known = load_bytes(entry, 8, byte_order::little);
        for (unsigned i = 1; i < m_used; ++i)
            if (known == m_coding.table(m_paddr + 4096 * i))
                return m_bytes + 4096 * i;
        if (m_used == m_count)
            throw std::logic_error("no room for another table");
        set(entry, m_coding.table(m_paddr + 4096 * m_used));
        return m_bytes + 4096 * m_used++;
    }

    uint8_t* m_bytes;
    uint64_t m_paddr;
    unsigned m_count;
    unsigned m_levels;
    unsigned m_address_size;
    entry_coding m_coding;
    unsigned m_used = 1;
};

/// A target of which only the name counts, whether or not there are dumps of it.
inline dump_target target_named(const char* name, uint16_t machine = 0) {
    dump_target target = find_dump_target("riscv64");
    target.name = name;
    target.machine = machine;
    return target;
}

} // namespace vmcore::test
