#pragma once

#include "models/riscv/environment.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace vmcore::riscv {

/// Under which rules an address is translated and its access permitted. What the TLB keeps of one of them
/// says nothing of the others, so that a change of privilege mode changes tables and flushes nothing.
enum class address_space : uint8_t {
    machine,
    supervisor,
    supervisor_sum, ///< with mstatus.SUM: pages of U mode, too
    user,
};
constexpr unsigned address_spaces = 4;

/// A hart's translations, page by page: for each address space and kind of access a direct-mapped table.
/// Without translation the tables are used all the same, with pages that are where they seem to be.
///
/// The TLB is part of what a guest sees: a page table may change unnoticed until sfence.vma, and a walk takes
/// the time of its accesses. It therefore works in the same way whatever is cached besides. A page which
/// direct memory access serves without latency, and which is permitted as a whole, also has its host address
/// here: that is what load_host() and store_host() look up, with one compare.
class tlb {
public:
    static constexpr uint64_t page_size = 4096;

    struct page {
        static constexpr uint64_t none = 8; ///< not the address of a page

        uint64_t address = none;
        uint64_t physical = 0;
        uint64_t span = page_size; ///< bytes that the page table's entry maps
        bool uniform = true;       ///< physical memory protection has the same answer for all its bytes
        /// Where its first byte is, when stores are not to go there unseen: code was decoded from the page.
        uint8_t* watched_host = nullptr;

        bool valid() const { return address != none; }
    };

    /// @param code_epoch grows whenever a page that instructions may have been fetched from leaves the TLB,
    /// or its
    ///                   host address
    explicit tlb(uint64_t& code_epoch);

    template <typename T>
    const uint8_t* load_host(uint64_t address) const {
        return find_host<T>(m_loads, address);
    }
    template <typename T>
    uint8_t* store_host(uint64_t address) const {
        return find_host<T>(m_stores, address);
    }
    /// The same for any bytes of one page, aligned or not.
    uint8_t* host(access kind, uint64_t address, unsigned size) const;

    /// The address space of loads and stores, and of instruction fetches, from here on.
    void select(address_space data, address_space fetch);
    address_space fetch_space() const { return m_fetch_space; }

    /// The page of an address in the space selected; nullptr when it must be walked.
    const page* find(access kind, uint64_t address) const;
    /// Keeps a page in the space selected.
    void insert(access kind, const page& found);
    /// Direct access serves this page, which is in the TLB and whose first byte is at `host`.
    void set_host(access kind, uint64_t address, uint8_t* host);

    /// The same for a page of code, for stores: watched_host() serves it, and store_host() does not.
    void set_watched_host(uint64_t address, uint8_t* host);
    uint8_t* watched_host(uint64_t address, unsigned size) const;
    /// Code was decoded from a page that store_host() may serve by now.
    void watch_stores(const uint8_t* host);

    /// Forgets everything.
    void flush();
    /// Forgets what page tables told; machine mode's pages, which nothing maps, stay.
    void flush_mapped();
    /// The same, for loads only.
    void flush_mapped_loads();
    /// The same, for one address.
    void flush_address(uint64_t address);
    /// Forgets host addresses of the physical pages in [first, last].
    void forget_hosts(uint64_t first, uint64_t last);

private:
    static constexpr unsigned slots = 1024;
    static constexpr unsigned kinds = 3;

    struct entry {
        /// Address of the page. A look-up compares it with an address that has lost bits 3 to 11.
        uint64_t address = page::none;
        uintptr_t distance = 0; ///< from guest addresses to the host's

        uint8_t* host(uint64_t of) const {
            return reinterpret_cast<uint8_t*>(static_cast<uintptr_t>(of) + distance);
        }
    };
    struct table {
        std::array<entry, slots> hosts{};
        std::array<page, slots> pages{};
        std::vector<uint16_t> used; ///< slots to empty on a flush
    };

    template <typename T>
    static uint8_t* find_host(const entry* entries, uint64_t address) {
        const entry& slot = entries[address / page_size % slots];
        if ((address & (~(page_size - 1) | (sizeof(T) - 1))) != slot.address)
            return nullptr;
        uint8_t* const found = slot.host(address);
        if (found == nullptr) // spares the caller the second look
            __builtin_unreachable();
        return found;
    }

    table& at(access kind, address_space space) const {
        return m_tables[static_cast<unsigned>(space) * kinds + static_cast<unsigned>(kind)];
    }
    table& selected(access kind) const {
        return at(kind, kind == access::fetch ? m_fetch_space : m_data_space);
    }
    static constexpr unsigned first_mapped = kinds; ///< number of the first table that is not machine mode's
    void empty(unsigned number);
    void empty(unsigned number, unsigned slot);

    const entry* m_loads;
    const entry* m_stores;
    std::unique_ptr<table[]> m_tables;
    address_space m_data_space = address_space::machine;
    address_space m_fetch_space = address_space::machine;
    uint64_t& m_code_epoch;
};

} // namespace vmcore::riscv
