#pragma once

#include "models/riscv/tlb.h"

#include <cstdint>
#include <unordered_map>

namespace vmcore::riscv {

/// Which bytes of host memory blocks were decoded from, in lines of 64, so that a hart's own stores to code
/// are found. Pages are known by their host address: all virtual aliases of a page are one.
class code_map {
public:
    /// Notes bytes of one page.
    /// @returns whether the page had none before
    bool add(const uint8_t* page, unsigned offset, unsigned size) {
        uint64_t& lines = m_pages[page];
        const bool is_first = lines == 0;
        lines |= lines_of(offset, size);
        return is_first;
    }
    bool has_page(const uint8_t* page) const { return m_pages.count(page) != 0; }
    /// Whether some of these bytes, all of one page, share a line with code.
    bool touches(const uint8_t* page, unsigned offset, unsigned size) const {
        const auto found = m_pages.find(page);
        return found != m_pages.end() && (found->second & lines_of(offset, size)) != 0;
    }
    void clear() { m_pages.clear(); }

private:
    static constexpr unsigned line = 64;
    static_assert(tlb::page_size / line == 64, "a bit for each line of a page");

    static uint64_t lines_of(unsigned offset, unsigned size) {
        const unsigned first = offset / line;
        const unsigned last = (offset + size - 1) / line;
        return (~uint64_t(0) >> (63 - (last - first))) << first;
    }

    std::unordered_map<const uint8_t*, uint64_t> m_pages;
};

} // namespace vmcore::riscv
