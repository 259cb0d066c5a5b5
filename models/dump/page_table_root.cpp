// Where page tables begin.
//
// VMCOREINFO tells virtual addresses only, of swapper_pg_dir too. Where that lies in memory follows from how
// the kernel's image is mapped, which each architecture tells with keys of its own. Whatever they say is
// checked: tables that do not map swapper_pg_dir onto themselves are not the kernel's, be it that the keys
// are of an earlier kernel, or that this one had not come to switch its tables on.

#include "models/dump/page_table_root.h"

#include "models/dump/hex_text.h"

#include <string_view>

namespace vmcore {

namespace {

constexpr uint64_t bit(unsigned number) {
    return uint64_t{1} << number;
}

constexpr uint64_t field(uint64_t value, unsigned first, unsigned count) {
    return value >> first & (bit(count) - 1);
}

/// Reads numbers that must be there.
class key_reader {
public:
    explicit key_reader(const vmcoreinfo_text& text)
        : m_text(text) {}

    uint64_t number(const char* key) {
        const std::optional<uint64_t> value = m_text.number(key);
        if (!value && m_missing.empty())
            m_missing = key;
        return value.value_or(0);
    }
    uint64_t number_or(const char* key, uint64_t otherwise) const {
        return m_text.number(key).value_or(otherwise);
    }
    bool has(const char* key) const { return m_text.number(key).has_value(); }
    const std::string& missing() const { return m_missing; }

private:
    const vmcoreinfo_text& m_text;
    std::string m_missing; ///< the first one
};

/// How the tables are read, and what to subtract from an address in the kernel's image.
struct kernel_image {
    std::optional<page_table_format> format;
    uint64_t offset = 0;
    uint64_t unused_entries = 0; ///< at the start of swapper_pg_dir
};

// Kernels before 6.4 do not tell va_kernel_pa_offset: their image begins where memory does. Those before 5.13
// run in the linear map, and those before 5.17 know Sv39 only.
kernel_image riscv64_image(key_reader& keys, uint64_t swapper) {
    const bool has_image_map =
        keys.has("NUMBER(KERNEL_LINK_ADDR)") && swapper >= keys.number("NUMBER(KERNEL_LINK_ADDR)");
    uint64_t offset = 0;
    if (has_image_map && keys.has("NUMBER(va_kernel_pa_offset)"))
        offset = keys.number("NUMBER(va_kernel_pa_offset)");
    else
        offset = keys.number(has_image_map ? "NUMBER(KERNEL_LINK_ADDR)" : "NUMBER(PAGE_OFFSET)") -
                 keys.number("NUMBER(phys_ram_base)");
    const uint64_t size = keys.number_or("NUMBER(VA_BITS)", 39);
    return {size > 32 && size < 64 ? riscv_page_table(static_cast<unsigned>(size)) : std::nullopt, offset};
}

kernel_image x86_64_image(key_reader& keys, uint64_t) {
    constexpr uint64_t start_kernel_map = 0xffffffff80000000; // __START_KERNEL_map
    const unsigned levels = keys.number_or("NUMBER(pgtable_l5_enabled)", 0) != 0 ? 5 : 4;
    return {x86_64_page_table(levels, keys.number_or("NUMBER(sme_mask)", 0)),
            start_kernel_map - keys.number_or("NUMBER(phys_base)", 0)};
}

// VA_BITS is what the kernel was built for; T1SZ is what it found the processor to have. Built for 52 bits,
// it also has 52 in its entries if the processor has (FEAT_LPA2); with pages of 64 KiB that depends on the
// kernel alone, and on a processor of 48 bits it uses the last entries of the table that it has for 52.
kernel_image aarch64_image(key_reader& keys, uint64_t) {
    const uint64_t page_size = keys.number_or("PAGESIZE", 4096);
    const unsigned granule = page_size == 65536 ? 16 : page_size == 16384 ? 14 : page_size == 4096 ? 12 : 0;
    const uint64_t built_for = keys.number("NUMBER(VA_BITS)");
    const uint64_t old_t1sz = keys.number_or("NUMBER(tcr_el1_t1sz)", 64 - built_for);
    const uint64_t size = 64 - keys.number_or("NUMBER(TCR_EL1_T1SZ)", old_t1sz);
    const bool wide = size > 48 || (granule == 16 && keys.number_or("NUMBER(MAX_PHYSMEM_BITS)", 48) == 52);
    kernel_image image{size < 64 ? aarch64_page_table(granule, static_cast<unsigned>(size),
                                                      address_half::upper, wide ? 52 : 48)
                                 : std::nullopt,
                       keys.number("NUMBER(kimage_voffset)")};
    if (granule == 16 && built_for == 52 && size == 48)
        image.unused_entries = bit(52 - 42) - bit(48 - 42);
    return image;
}

kernel_page_table refuse(std::string reason) {
    return {std::nullopt, std::move(reason)};
}

std::vector<page_table> riscv_tables(const cpu_context& cpu, bool narrow) {
    const uint64_t satp = cpu.register_value("satp").value_or(0);
    const unsigned mode = static_cast<unsigned>(narrow ? field(satp, 31, 1) : field(satp, 60, 4));
    if (narrow)
        return mode == 0 ? std::vector<page_table>{}
                         : std::vector<page_table>{{*riscv_page_table(32), field(satp, 0, 22) << 12}};
    if (mode < 8 || mode > 10) // 8, 9, 10: Sv39, Sv48, Sv57
        return {};
    return {{*riscv_page_table(39 + 9 * (mode - 8)), field(satp, 0, 44) << 12}};
}

std::vector<page_table> x86_tables(const cpu_context& cpu) {
    const uint64_t cr0 = cpu.register_value("cr0").value_or(0);
    const uint64_t cr3 = cpu.register_value("cr3").value_or(0);
    const uint64_t cr4 = cpu.register_value("cr4").value_or(0);
    const uint64_t efer = cpu.register_value("efer").value_or(0);
    constexpr uint64_t paging = bit(31), large_pages = bit(4), pae = bit(5), five_levels = bit(12),
                       long_mode = bit(10);
    if ((cr0 & paging) == 0)
        return {};
    if ((efer & long_mode) != 0)
        return {{x86_64_page_table((cr4 & five_levels) != 0 ? 5 : 4),
                 cr3 & field(~uint64_t{0}, 0, 52) & ~0xfffull}};
    if ((cr4 & pae) != 0)
        return {{i386_pae_page_table(), cr3 & 0xffffffe0}};
    return {{i386_page_table((cr4 & large_pages) != 0), cr3 & 0xfffff000}};
}

// TCR_EL1: T0SZ 0, EPD0 7, TG0 14, T1SZ 16, EPD1 23, TG1 30, IPS 32, DS 59. The granules are numbered
// differently in both halves. Bits 48 to 51 of a table's address, if there are any, are bits 2 to 5 of TTBRn.
std::vector<page_table> aarch64_tables(const cpu_context& cpu) {
    constexpr unsigned granule_0[] = {12, 16, 14, 0}, granule_1[] = {0, 14, 12, 16};
    const std::optional<uint64_t> tcr = cpu.register_value("tcr_el1");
    std::vector<page_table> tables;
    if (!tcr || (cpu.register_value("sctlr_el1").value_or(0) & 1) == 0)
        return tables;
    const auto add = [&](const char* name, address_half half, unsigned granule, uint64_t unused_bits) {
        const bool wide = granule == 16 ? field(*tcr, 32, 3) == 6 : field(*tcr, 59, 1) == 1;
        const std::optional<page_table_format> format =
            aarch64_page_table(granule, 64 - static_cast<unsigned>(unused_bits), half, wide ? 52 : 48);
        const std::optional<uint64_t> base = cpu.register_value(name);
        if (format && base && wide)
            tables.push_back({*format, field(*base, 6, 42) << 6 | field(*base, 2, 4) << 48});
        else if (format && base)
            tables.push_back({*format, field(*base, 1, 47) << 1}); // bit 0 and 48 to 63 are no address
    };
    if ((*tcr & bit(7)) == 0)
        add("ttbr0_el1", address_half::lower, granule_0[field(*tcr, 14, 2)], field(*tcr, 0, 6));
    if ((*tcr & bit(23)) == 0)
        add("ttbr1_el1", address_half::upper, granule_1[field(*tcr, 30, 2)], field(*tcr, 16, 6));
    return tables;
}

} // namespace

kernel_page_table find_kernel_page_table(const dump_target& target, const vmcoreinfo_text& text,
                                         const guest_memory& memory) {
    const std::string_view name = target.name;
    const auto locate = name == "riscv64"   ? riscv64_image
                        : name == "x86_64"  ? x86_64_image
                        : name == "aarch64" ? aarch64_image
                                            : nullptr;
    if (!locate)
        return {};
    const std::optional<uint64_t> swapper = text.symbol("swapper_pg_dir");
    if (!swapper)
        return refuse("VMCOREINFO has no SYMBOL(swapper_pg_dir)");
    key_reader keys(text);
    const kernel_image image = locate(keys, *swapper);
    if (!keys.missing().empty())
        return refuse("VMCOREINFO has no " + keys.missing());
    if (!image.format)
        return refuse("VMCOREINFO tells an address or page size that " + std::string(name) +
                      " does not have");
    const uint64_t place = *swapper - image.offset;
    const page_table table{*image.format, place + image.unused_entries * image.format->entry_size};
    if (translate(table, memory_view(memory), *swapper) != place)
        return refuse("the kernel's page tables are not at " + hex_text(place) +
                      ", where VMCOREINFO places them");
    return {table, ""};
}

std::vector<page_table> cpu_page_tables(const dump_target& target, const cpu_context& cpu) {
    const std::string_view name = target.name;
    if (name == "riscv64" || name == "riscv32")
        return riscv_tables(cpu, name == "riscv32");
    if (name == "x86_64" || name == "i386")
        return x86_tables(cpu);
    return name == "aarch64" ? aarch64_tables(cpu) : std::vector<page_table>{};
}

} // namespace vmcore
