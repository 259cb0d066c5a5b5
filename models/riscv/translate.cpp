#include "models/riscv/core.h"

#include <algorithm>

// From virtual addresses to memory: the TLB, page walks, physical memory protection, and accesses that may
// cross a page. Whatever fails takes its trap here.

namespace vmcore::riscv {

namespace {

address_space space_of(privilege mode, bool sum) {
    switch (mode) {
    case privilege::machine: return address_space::machine;
    case privilege::supervisor: return sum ? address_space::supervisor_sum : address_space::supervisor;
    default: return address_space::user;
    }
}

constexpr uint64_t page_of(uint64_t address) {
    return address & ~(tlb::page_size - 1);
}

} // namespace

/// To be called whenever the mode or mstatus changed.
void core::update_context() {
    const uint64_t status = m_csr.status();
    m_data_mode = m_mode == privilege::machine && (status & mstatus::mprv) != 0
                      ? static_cast<privilege>(status >> 11 & 3)
                      : m_mode;
    const bool mxr = (status & mstatus::mxr) != 0;
    if (mxr != m_mxr) {
        m_mxr = mxr;
        m_tlb.flush_mapped_loads();
    }
    m_tlb.select(space_of(m_data_mode, (status & mstatus::sum) != 0), space_of(m_mode, false));
}

void core::raise_fault(access kind, bool by_page_table, uint64_t address) {
    switch (kind) {
    case access::fetch: return raise(by_page_table ? cause::fetch_page : cause::fetch_access, address);
    case access::load: return raise(by_page_table ? cause::load_page : cause::load_access, address);
    case access::store: return raise(by_page_table ? cause::store_page : cause::store_access, address);
    }
}

/// The physical address of bytes that lie in one page, without a trap when there is none.
core::fault core::find_physical(access kind, uint64_t address, unsigned size, uint64_t& physical) {
    const tlb::page* page = m_tlb.find(kind, address);
    if (page == nullptr) {
        if (const fault met = walk(kind, address); met != fault::none)
            return met;
        page = m_tlb.find(kind, address);
    }
    physical = page->physical + address % tlb::page_size;
    if (!page->uniform && !m_csr.protection().permits(kind, physical, physical + size - 1, mode_of(kind)))
        return fault::access;
    return fault::none;
}

/// The same; takes the trap.
bool core::translate(access_rule rule, uint64_t address, unsigned size, uint64_t& physical) {
    const fault met = find_physical(rule.rights, address, size, physical);
    if (met == fault::page || met == fault::access)
        raise_fault(rule.blame, met == fault::page, address);
    return met == fault::none;
}

/// Finds a page that is not in the TLB, and puts it there.
core::fault core::walk(access kind, uint64_t address) {
    const privilege mode = mode_of(kind);
    tlb::page found;
    found.address = found.physical = page_of(address);
    if (mode != privilege::machine && m_csr.satp() >> 60 != satp_mode::bare) {
        const bool sum = (m_csr.status() & mstatus::sum) != 0;
        const page_request asked{kind, address, mode, sum, m_mxr, m_csr.hardware_updates_page_tables()};
        const page_answer answer = walk_page_tables(m_csr.satp(), asked, *this);
        switch (answer.what) {
        case page_answer::verdict::granted: break;
        case page_answer::verdict::page_fault: return fault::page;
        case page_answer::verdict::access_fault: return fault::access;
        case page_answer::verdict::abandoned: return fault::abandoned;
        }
        found.physical = page_of(answer.physical);
        found.span = answer.span;
    }
    const uint64_t last = found.physical + (tlb::page_size - 1);
    found.uniform = m_csr.protection().is_uniform(found.physical, last);
    if (found.uniform && !m_csr.protection().permits(kind, found.physical, last, mode))
        return fault::access;
    m_tlb.insert(kind, found);
    return fault::none;
}

bool core::entry_permitted(uint64_t physical) {
    return m_csr.protection().permits(access::load, physical, physical + 7, privilege::supervisor);
}

outcome core::read_entry(uint64_t physical, uint64_t& entry) {
    uint8_t bytes[8] = {};
    uint64_t time = local_time();
    const outcome answer = m_memory.read(physical, bytes, sizeof bytes, time).answer;
    set_local_time(time);
    std::memcpy(&entry, bytes, sizeof entry);
    return answer;
}

outcome core::write_entry(uint64_t physical, uint64_t entry) {
    if (m_memory.is_device(physical)) // whose registers are no place for A and D bits
        return outcome::discarded;
    uint8_t bytes[8];
    std::memcpy(bytes, &entry, sizeof bytes);
    uint64_t time = local_time();
    const outcome answer = m_memory.write(physical, bytes, sizeof bytes, time).answer;
    set_local_time(time);
    follow_store(physical, sizeof bytes);
    return answer;
}

/// The page of an access that went through may be served by its host address from now on.
void core::remember_host(access kind, uint64_t address, uint64_t physical) {
    const tlb::page* page = m_tlb.find(kind, address);
    if (page == nullptr || !page->uniform)
        return;
    if (kind != access::fetch && m_debug.watches(page_of(address), tlb::page_size))
        return;
    uint8_t* const host = m_memory.host_page(kind, page_of(physical), tlb::page_size);
    if (host == nullptr)
        return;
    if (kind == access::store && m_blocks.code().has_page(host))
        m_tlb.set_watched_host(address, host);
    else
        m_tlb.set_host(kind, address, host);
}

/// Where a store of the loop may go that store_host() does not serve: a misaligned one, or one beside code.
uint8_t* core::slow_store_host(uint64_t address, unsigned size) const {
    if (uint8_t* host = m_tlb.host(access::store, address, size))
        return host;
    uint8_t* const host = m_tlb.watched_host(address, size);
    if (host == nullptr)
        return nullptr;
    const auto offset = static_cast<unsigned>(address % tlb::page_size);
    return m_blocks.code().touches(host - offset, offset, size) ? nullptr : host;
}

/// Blocks that were decoded from what a store of the hart has just changed are no longer true.
void core::follow_store(uint64_t physical, unsigned size) {
    const uint8_t* const host = m_memory.host_page(access::store, page_of(physical), tlb::page_size);
    if (host != nullptr &&
        m_blocks.code().touches(host, static_cast<unsigned>(physical % tlb::page_size), size))
        m_blocks.fence();
}

/// Moves up to 8 bytes by virtual address. Both pages of an access that crosses into another are translated
/// before anything is moved.
bool core::move(access kind, access_rule rule, uint64_t address, uint8_t* data, unsigned size) {
    const uint64_t in_page = tlb::page_size - address % tlb::page_size;
    const unsigned sizes[2] = {static_cast<unsigned>(std::min<uint64_t>(size, in_page)),
                               size - static_cast<unsigned>(std::min<uint64_t>(size, in_page))};
    uint64_t physical[2] = {};
    for (unsigned part = 0; part < 2; ++part)
        if (sizes[part] != 0 &&
            !translate(rule, address + (part == 0 ? 0 : sizes[0]), sizes[part], physical[part]))
            return false;
    if (m_debug.stops_access(kind, rule.blame, address, size))
        return false;

    for (unsigned part = 0, done = 0; part < 2 && sizes[part] != 0; done += sizes[part], ++part) {
        if (!transfer(kind, rule, {address + done, physical[part]}, data + done, sizes[part]))
            return false;
        if (kind == rule.rights)
            remember_host(kind, address + done, physical[part]);
    }
    return true;
}

/// The part of an access that lies in one page, after its translation. An access to a device ends the run
/// when it may have changed an interrupt line: a store always, a load when such interrupts are enabled.
bool core::transfer(access kind, access_rule rule, place at, uint8_t* data, unsigned size) {
    uint64_t time = local_time();
    const memory_port::result answer = kind == access::store ? m_memory.write(at.physical, data, size, time)
                                                             : m_memory.read(at.physical, data, size, time);
    set_local_time(time);
    if (answer.device && (rule.blame == access::store || m_csr.device_interrupts_enabled()))
        leave();
    if (answer.answer == outcome::refused)
        raise_fault(rule.blame, false, at.address + (answer.fault_address - at.physical));
    if (kind == access::store && answer.answer == outcome::done)
        follow_store(at.physical, size);
    return answer.answer == outcome::done || answer.answer == outcome::discarded;
}

bool core::read_memory(access_rule rule, uint64_t address, unsigned size, uint64_t& value) {
    uint8_t bytes[8] = {};
    const bool done = move(access::load, rule, address, bytes, size);
    std::memcpy(&value, bytes, sizeof value);
    return done;
}

bool core::write_memory(uint64_t address, unsigned size, uint64_t value) {
    uint8_t bytes[8];
    std::memcpy(bytes, &value, sizeof bytes);
    return move(access::store, as_store, address, bytes, size);
}

} // namespace vmcore::riscv
