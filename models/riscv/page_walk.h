#pragma once

#include "models/riscv/environment.h"
#include "models/riscv/privilege.h"

#include <cstdint>

namespace vmcore::riscv {

/// How a walk reads and writes page table entries: 8 bytes, little-endian, naturally aligned.
class page_table_memory {
public:
    virtual ~page_table_memory() = default;
    /// Whether physical memory protection lets a walk read this entry. As in QEMU, it may then write it, too.
    virtual bool entry_permitted(uint64_t physical) = 0;
    virtual outcome read_entry(uint64_t physical, uint64_t& entry) = 0;
    virtual outcome write_entry(uint64_t physical, uint64_t entry) = 0;
};

/// What is asked of the page tables.
struct page_request {
    access kind;
    uint64_t address;    ///< virtual
    privilege mode;      ///< user or supervisor
    bool sum = false;    ///< supervisor mode may load from and store to pages of user mode
    bool mxr = false;    ///< pages that may only be executed may be loaded from
    bool update = false; ///< A and D bits are set where they must be; without it they make the page fault
};

struct page_answer {
    enum class verdict {
        granted,
        page_fault,
        access_fault, ///< memory protection refuses an entry
        abandoned     ///< the hart was reset meanwhile
    };
    verdict what;
    uint64_t physical = 0; ///< of the address asked for
    uint64_t span = 4096;  ///< bytes that the leaf entry maps
};

/// Translates an address by the tables that satp names: Sv39, Sv48 or Sv57 (privileged ISA, "Virtual Address
/// Translation Process"). satp's mode must not be Bare. As in QEMU, an entry that the bus refuses is a page
/// fault; the ISA has an access fault there.
page_answer walk_page_tables(uint64_t satp, const page_request& asked, page_table_memory& memory);

namespace satp_mode {
constexpr unsigned bare = 0;
constexpr unsigned sv39 = 8;
constexpr unsigned sv48 = 9;
constexpr unsigned sv57 = 10;
} // namespace satp_mode

} // namespace vmcore::riscv
