#include "models/riscv/page_walk.h"

namespace vmcore::riscv {

namespace {

enum pte : uint64_t {
    valid = 1 << 0,
    readable = 1 << 1,
    writable = 1 << 2,
    executable = 1 << 3,
    user_page = 1 << 4,
    accessed = 1 << 6,
    dirty = 1 << 7,
};
constexpr uint64_t reserved = uint64_t(0x3ff) << 54; ///< N, PBMT and the rest: no such extension

using verdict = page_answer::verdict;

uint64_t table_of(uint64_t number) {
    return (number & ((uint64_t(1) << 44) - 1)) << 12;
}

page_answer failed(outcome answer) {
    return {answer == outcome::abandoned ? verdict::abandoned : verdict::page_fault};
}

/// The virtual address' upper bits repeat the highest one that is translated.
bool is_canonical(uint64_t address, unsigned levels) {
    const unsigned unused = 64 - (12 + 9 * levels);
    return static_cast<uint64_t>(static_cast<int64_t>(address << unused) >> unused) == address;
}

bool permits(uint64_t entry, const page_request& asked) {
    const bool is_user_page = (entry & user_page) != 0;
    if (asked.mode == privilege::user && !is_user_page)
        return false;
    if (asked.mode != privilege::user && is_user_page && (asked.kind == access::fetch || !asked.sum))
        return false;
    switch (asked.kind) {
    case access::fetch: return (entry & executable) != 0;
    case access::store: return (entry & writable) != 0;
    default: return (entry & (asked.mxr ? readable | executable : readable)) != 0;
    }
}

/// A leaf entry that was found at `place`.
page_answer use_leaf(uint64_t entry, uint64_t place, unsigned level, const page_request& asked,
                     page_table_memory& memory) {
    const uint64_t span = uint64_t(4096) << (9 * level);
    const uint64_t base = table_of(entry >> 10);
    if (!permits(entry, asked) || (base & (span - 1)) != 0)
        return {verdict::page_fault};
    const uint64_t wanted = asked.kind == access::store ? accessed | dirty : accessed;
    if ((entry & wanted) != wanted) {
        if (!asked.update)
            return {verdict::page_fault};
        const outcome answer = memory.write_entry(place, entry | wanted);
        if (answer != outcome::done) // a table in ROM, for instance
            return failed(answer);
    }
    return {verdict::granted, base | (asked.address & (span - 1)), span};
}

} // namespace

page_answer walk_page_tables(uint64_t satp, const page_request& asked, page_table_memory& memory) {
    const unsigned levels = static_cast<unsigned>(satp >> 60) - satp_mode::sv39 + 3;
    if (!is_canonical(asked.address, levels))
        return {verdict::page_fault};
    uint64_t table = table_of(satp);
    for (unsigned level = levels; level-- > 0;) {
        const uint64_t place = table + (asked.address >> (12 + 9 * level) & 511) * 8;
        uint64_t entry = 0;
        if (!memory.entry_permitted(place))
            return {verdict::access_fault};
        const outcome answer = memory.read_entry(place, entry);
        if (answer != outcome::done)
            return failed(answer);
        if ((entry & valid) == 0 || (entry & reserved) != 0 || (entry & (readable | writable)) == writable)
            return {verdict::page_fault};
        if ((entry & (readable | executable)) != 0)
            return use_leaf(entry, place, level, asked, memory);
        if ((entry & (user_page | accessed | dirty)) != 0) // reserved in a pointer to a table
            return {verdict::page_fault};
        table = table_of(entry >> 10);
    }
    return {verdict::page_fault};
}

} // namespace vmcore::riscv
