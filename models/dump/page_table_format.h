#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace vmcore {

/// A form that an entry has which maps memory. With it, `(entry & mask) == value`.
struct page_table_leaf {
    uint64_t mask;
    uint64_t value;
    uint64_t address_bits;  ///< where the entry holds the physical address, before the format's shift
    unsigned size_shift;    ///< the page has 2^size_shift bytes; may be larger than what the entry maps of it
    uint64_t high_bits = 0; ///< where it holds more of the address,
    unsigned high_shift = 0; ///< and how far left those bits have to go
};

struct page_table_level {
    unsigned shift;      ///< an entry maps 2^shift bytes
    unsigned index_bits; ///< a table has 2^index_bits entries
    uint64_t table_mask; ///< an entry with `(entry & table_mask) == table_value` points at the next table
    uint64_t table_value;
    std::vector<page_table_leaf> leaves; ///< what is neither a table nor one of these maps nothing
};

/// Which addresses the tables are for, and thus what stands above the bits that they translate.
enum class address_half { lower, upper, sign_extended };

/// How the tables of a processor in one of its modes are read. Entries are little-endian.
struct page_table_format {
    const char* name;
    unsigned entry_size;         ///< bytes, 4 or 8
    uint64_t table_address_bits; ///< where an entry holds the physical address of the next table
    unsigned address_shift;      ///< how far left those bits have to go
    address_half half;
    std::vector<page_table_level> levels; ///< that of the root first
    uint64_t table_high_bits = 0;         ///< where it holds more of that address,
    unsigned table_high_shift = 0;        ///< and how far left those bits have to go

    /// How many bits of an address are translated.
    unsigned address_size() const { return levels.front().shift + levels.front().index_bits; }
};

/// RISC-V privileged architecture, "Sv39", "Sv48", "Sv57" and "Sv32", with Svnapot. None: no such mode.
std::optional<page_table_format> riscv_page_table(unsigned address_size);

/// Intel 64, "4-level paging and 5-level paging"; 4 or 5 levels. `encryption_bit` is cleared in addresses
/// (AMD's secure memory encryption).
page_table_format x86_64_page_table(unsigned levels, uint64_t encryption_bit = 0);

/// IA-32, "32-bit paging", with pages of 4 MiB (PSE-36) when CR4.PSE is set.
page_table_format i386_page_table(bool large_pages);

/// IA-32, "PAE paging".
page_table_format i386_pae_page_table();

/// Arm architecture, "VMSAv8-64 translation table formats", stage 1. `granule_shift` is 12, 14 or 16,
/// `physical_size` 48, or 52 (FEAT_LPA with pages of 64 KiB, FEAT_LPA2, TCR_EL1.DS, with others);
/// `address_size` is 25 to 48, with 52 to 52. None: no such granule or size.
std::optional<page_table_format> aarch64_page_table(unsigned granule_shift, unsigned address_size,
                                                    address_half half, unsigned physical_size = 48);

} // namespace vmcore
