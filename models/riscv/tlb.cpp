#include "models/riscv/tlb.h"

#include <algorithm>

namespace vmcore::riscv {

tlb::tlb(uint64_t& code_epoch)
    : m_tables(new table[address_spaces * kinds])
    , m_code_epoch(code_epoch) {
    for (unsigned number = 0; number < address_spaces * kinds; ++number)
        m_tables[number].used.reserve(slots);
    select(address_space::machine, address_space::machine);
}

void tlb::select(address_space data, address_space fetch) {
    m_data_space = data;
    m_fetch_space = fetch;
    m_loads = at(access::load, data).hosts.data();
    m_stores = at(access::store, data).hosts.data();
}

uint8_t* tlb::host(access kind, uint64_t address, unsigned size) const {
    const entry& slot = selected(kind).hosts[address / page_size % slots];
    const uint64_t offset = address % page_size;
    return slot.address == address - offset && offset + size <= page_size ? slot.host(address) : nullptr;
}

const tlb::page* tlb::find(access kind, uint64_t address) const {
    const page& slot = selected(kind).pages[address / page_size % slots];
    return slot.address == (address & ~(page_size - 1)) ? &slot : nullptr;
}

void tlb::insert(access kind, const page& found) {
    table& in = selected(kind);
    const unsigned slot = found.address / page_size % slots;
    if (!in.pages[slot].valid())
        in.used.push_back(static_cast<uint16_t>(slot));
    else if (kind == access::fetch)
        ++m_code_epoch;
    in.pages[slot] = found;
    in.hosts[slot] = entry();
}

void tlb::set_host(access kind, uint64_t address, uint8_t* host) {
    const uint64_t first = address & ~(page_size - 1);
    selected(kind).hosts[address / page_size % slots] = {first, reinterpret_cast<uintptr_t>(host) -
                                                                    static_cast<uintptr_t>(first)};
}

void tlb::set_watched_host(uint64_t address, uint8_t* host) {
    selected(access::store).pages[address / page_size % slots].watched_host = host;
}

uint8_t* tlb::watched_host(uint64_t address, unsigned size) const {
    const page& slot = selected(access::store).pages[address / page_size % slots];
    const uint64_t offset = address % page_size;
    const bool serves =
        slot.address == address - offset && slot.watched_host != nullptr && offset + size <= page_size;
    return serves ? slot.watched_host + offset : nullptr;
}

void tlb::watch_stores(const uint8_t* host) {
    for (unsigned space = 0; space < address_spaces; ++space) {
        table& in = at(access::store, static_cast<address_space>(space));
        for (const uint16_t slot : in.used)
            if (in.hosts[slot].address != page::none && in.hosts[slot].host(in.pages[slot].address) == host) {
                in.pages[slot].watched_host = in.hosts[slot].host(in.pages[slot].address);
                in.hosts[slot] = entry();
            }
    }
}

void tlb::empty(unsigned number, unsigned slot) {
    m_tables[number].pages[slot] = page();
    m_tables[number].hosts[slot] = entry();
}

void tlb::empty(unsigned number) {
    for (const uint16_t slot : m_tables[number].used)
        empty(number, slot);
    m_tables[number].used.clear();
}

void tlb::flush() {
    for (unsigned number = 0; number < address_spaces * kinds; ++number)
        empty(number);
    ++m_code_epoch;
}

void tlb::flush_mapped() {
    for (unsigned number = first_mapped; number < address_spaces * kinds; ++number)
        empty(number);
    ++m_code_epoch;
}

void tlb::flush_mapped_loads() {
    for (unsigned space = 1; space < address_spaces; ++space)
        empty(space * kinds + static_cast<unsigned>(access::load));
}

void tlb::flush_address(uint64_t address) {
    for (unsigned number = first_mapped; number < address_spaces * kinds; ++number) {
        table& in = m_tables[number];
        const auto maps = [&](uint16_t slot) {
            const page& each = in.pages[slot];
            if (((each.address ^ address) & ~(each.span - 1)) != 0)
                return false;
            empty(number, slot);
            if (number % kinds == static_cast<unsigned>(access::fetch))
                ++m_code_epoch;
            return true;
        };
        in.used.erase(std::remove_if(in.used.begin(), in.used.end(), maps), in.used.end());
    }
}

void tlb::forget_hosts(uint64_t first, uint64_t last) {
    for (unsigned number = 0; number < address_spaces * kinds; ++number)
        for (const uint16_t slot : m_tables[number].used) {
            page& each = m_tables[number].pages[slot];
            if (each.physical > last || each.physical + (page_size - 1) < first)
                continue;
            m_tables[number].hosts[slot] = entry();
            each.watched_host = nullptr;
        }
    ++m_code_epoch;
}

} // namespace vmcore::riscv
