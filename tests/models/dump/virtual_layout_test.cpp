#include "models/dump/virtual_layout.h"
#include "tests/models/dump/kernel_guest.h"

#include <gmock/gmock.h>
#include <map>

using namespace vmcore;
using namespace vmcore::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

MATCHER_P3(shows, vaddr, paddr, size, "") {
    return arg.vaddr == static_cast<uint64_t>(vaddr) && arg.paddr == static_cast<uint64_t>(paddr) &&
           arg.size == static_cast<uint64_t>(size);
}

constexpr uint64_t rom_base = 0x1000;
constexpr uint64_t rom_size = 0x1000;

/// A kernel's memory, with a ROM elsewhere.
struct machine {
    explicit machine(const kernel_guest& kernel, uint64_t rom = rom_base) {
        memory.add(std::min(rom, kernel.memory_base), rom < kernel.memory_base ? rom_size : kernel.size);
        memory.add(std::max(rom, kernel.memory_base), rom < kernel.memory_base ? kernel.size : rom_size);
        ranges = memory.ranges();
        bytes = const_cast<uint8_t*>(ranges[rom < kernel.memory_base ? 1 : 0].host);
        kernel.boot(bytes);
    }
    mapping_plan plan(const kernel_guest& kernel, const std::string& text) const {
        return map_kernel(target_named(kernel.target), vmcoreinfo_text(text), memory, ranges);
    }

    fake_memory memory;
    std::vector<memory_range> ranges;
    uint8_t* bytes;
};

/// Whose registers are in a map.
class paging_cpu : public cpu_context {
public:
    explicit paging_cpu(std::map<std::string, uint64_t, std::less<>> registers)
        : m_registers(std::move(registers)) {}
    std::optional<uint64_t> register_value(std::string_view name) const override {
        const auto found = m_registers.find(name);
        return found == m_registers.end() ? std::nullopt : std::optional(found->second);
    }

private:
    std::map<std::string, uint64_t, std::less<>> m_registers;
};

TEST(map_kernel, riscv64_memory_is_at_its_linear_address_and_aliases_follow) {
    const kernel_guest kernel = riscv64_kernel();
    const machine guest(kernel);
    const mapping_plan plan = guest.plan(kernel, kernel.text());
    EXPECT_THAT(plan.warnings, IsEmpty());
    EXPECT_THAT(plan.mappings, ElementsAre(shows(rom_base, rom_base, rom_size),
                                           shows(kernel.linear_map, 0x80000000, kernel.size),
                                           shows(kernel.vmalloc, 0x80700000, 0x1000),
                                           shows(kernel.vmalloc + 0x1000, 0x80600000, 0x1000),
                                           shows(kernel.link, 0x80200000, 0x100000),
                                           shows(kernel.linear_map, 0x80000000, kernel.size)));
}

TEST(map_kernel, riscv64_modes_with_4_and_5_levels) {
    for (unsigned address_size : {48, 57}) {
        kernel_guest kernel = riscv64_kernel();
        kernel.address_size = address_size;
        kernel.keys.replace(kernel.keys.find("=39"), 3, "=" + std::to_string(address_size));
        const machine guest(kernel);
        const mapping_plan plan = guest.plan(kernel, kernel.text());
        EXPECT_THAT(plan.warnings, IsEmpty());
        EXPECT_THAT(plan.mappings[1], shows(kernel.linear_map, 0x80000000, kernel.size));
        EXPECT_EQ(plan.mappings.size(), 6u);
    }
}

TEST(map_kernel, riscv64_kernels_before_6_4_begin_where_memory_does) {
    kernel_guest kernel = riscv64_kernel();
    kernel.keys = "NUMBER(PAGE_OFFSET)=0xffffffd600000000\nNUMBER(phys_ram_base)=2149580800\n"
                  "NUMBER(KERNEL_LINK_ADDR)=0xffffffff80000000\n"; // and no VA_BITS: Sv39
    const machine guest(kernel);
    const mapping_plan plan = guest.plan(kernel, kernel.text());
    EXPECT_THAT(plan.warnings, IsEmpty());
    EXPECT_EQ(plan.mappings.size(), 6u);
}

TEST(map_kernel, x86_64_linear_map_moved_by_kaslr_is_found_without_a_key) {
    const kernel_guest kernel = x86_64_kernel();
    const machine guest(kernel, 0xfffc0000);
    const mapping_plan plan = guest.plan(kernel, kernel.text());
    EXPECT_THAT(plan.warnings, IsEmpty());
    EXPECT_THAT(
        plan.mappings,
        ElementsAre(shows(kernel.linear_map, 0, kernel.size), shows(0xfffc0000, 0xfffc0000, rom_size),
                    shows(kernel.vmalloc, 0x700000, 0x1000), shows(kernel.vmalloc + 0x1000, 0x600000, 0x1000),
                    shows(kernel.link, 0x200000, 0x100000), shows(kernel.linear_map, 0, kernel.size)));
}

TEST(map_kernel, x86_64_with_5_levels_and_encrypted_memory) {
    static const entry_coding encrypted = {[](uint64_t paddr) { return paddr | 0x067 | uint64_t{1} << 47; },
                                           [](uint64_t paddr) { return paddr | 0x163 | uint64_t{1} << 47; },
                                           [](uint64_t paddr) { return paddr | 0x1e3 | uint64_t{1} << 47; }};
    kernel_guest plain = x86_64_kernel();
    const kernel_guest kernel{plain.target,
                              57,
                              encrypted,
                              plain.memory_base,
                              0xff11000000000000,
                              plain.link,
                              plain.vmalloc,
                              "NUMBER(phys_base)=-31457280\nNUMBER(pgtable_l5_enabled)=1\n"
                              "NUMBER(sme_mask)=140737488355328\n"};
    const machine guest(kernel, 0xfffc0000);
    const mapping_plan plan = guest.plan(kernel, kernel.text());
    EXPECT_THAT(plan.warnings, IsEmpty());
    EXPECT_THAT(plan.mappings[0], shows(0xff11000000000000, 0, kernel.size));
}

TEST(map_kernel, aarch64_takes_the_size_that_the_kernel_found) {
    kernel_guest kernel = aarch64_kernel();
    const machine guest(kernel);
    EXPECT_THAT(guest.plan(kernel, kernel.text()).warnings, IsEmpty());
    EXPECT_THAT(guest.plan(kernel, kernel.text()).mappings[1],
                shows(kernel.linear_map, 0x40000000, kernel.size));
    kernel.keys.replace(kernel.keys.find("VA_BITS)=48"), 11, "VA_BITS)=52"); // built for 52, runs with 48
    EXPECT_THAT(guest.plan(kernel, kernel.text()).warnings, IsEmpty());
}

TEST(map_kernel, aarch64_with_52_bits) {
    const kernel_guest kernel = aarch64_52_bit_kernel();
    const machine guest(kernel);
    const mapping_plan plan = guest.plan(kernel, kernel.text());
    EXPECT_THAT(plan.warnings, IsEmpty());
    EXPECT_THAT(plan.mappings[1], shows(kernel.linear_map, 0x40000000, kernel.size));
    EXPECT_THAT(plan.mappings[2], shows(kernel.link, 0x40200000, 0x100000));
}

TEST(map_kernel, aarch64_with_pages_of_64_kib_uses_the_last_entries_of_a_table_for_52_bits) {
    constexpr uint64_t base = 0x40000000, link = 0xffff800080000000;
    fake_memory memory;
    uint8_t* bytes = memory.add(base, 8 << 20);
    const auto store = [&](uint64_t at, uint64_t value) {
        store_bytes(bytes + at, value, 8, byte_order::little);
    };
    store(0x10000 + 8 * (960 + 32), (base + 0x20000) | 3); // swapper_pg_dir
    store(0x20000 + 8 * 4, (base + 0x30000) | 3);
    store(0x30000 + 8 * 1, (base + 0x10000) | 0x703);
    const std::string text = "OSRELEASE=6.12.1\nPAGESIZE=65536\nSYMBOL(swapper_pg_dir)=ffff800080010000\n"
                             "NUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
                             "NUMBER(kimage_voffset)=0xffff800040000000\n";
    const mapping_plan plan =
        map_kernel(target_named("aarch64"), vmcoreinfo_text(text), memory, memory.ranges());
    EXPECT_THAT(plan.warnings, IsEmpty());
    EXPECT_THAT(plan.mappings, ElementsAre(shows(link, base, 8 << 20)));
}

TEST(map_kernel, of_equal_offsets_the_lower_one_is_the_linear_map) {
    // All of memory is the kernel's image.
    kernel_guest kernel = riscv64_kernel();
    fake_memory memory;
    uint8_t* bytes = memory.add(kernel.image(), 0x100000);
    table_builder tables(bytes + 0x80000, kernel.root(), 16, 39, riscv_entries);
    tables.map_range(kernel.link, kernel.image(), 0x100000);
    tables.map_range(kernel.linear_map, kernel.image(), 0x100000);
    EXPECT_THAT(
        map_kernel(target_named("riscv64"), vmcoreinfo_text(kernel.text()), memory, memory.ranges()).mappings,
        ElementsAre(shows(kernel.linear_map, kernel.image(), 0x100000),
                    shows(kernel.link, kernel.image(), 0x100000),
                    shows(kernel.linear_map, kernel.image(), 0x100000)));
}

TEST(map_kernel, the_lower_half_is_not_the_kernels) {
    const kernel_guest kernel = riscv64_kernel();
    machine guest(kernel);
    // A page of 1 GiB at 0x80000000, as for a jump to itself while tables are switched.
    table_builder::set(guest.bytes + (kernel.root() - kernel.memory_base) + 8 * 2,
                       riscv_entries.page(0x80000000));
    EXPECT_EQ(guest.plan(kernel, kernel.text()).mappings.size(), 6u);
}

TEST(map_kernel, a_filter_limits_what_is_shown_but_not_what_is_known) {
    const kernel_guest kernel = riscv64_kernel();
    machine guest(kernel);
    guest.ranges = {{0x80700400, 0x200, guest.bytes + 0x700400}};
    EXPECT_THAT(guest.plan(kernel, kernel.text()).mappings,
                ElementsAre(shows(kernel.linear_map + 0x700400, 0x80700400, 0x200),
                            shows(kernel.vmalloc + 0x400, 0x80700400, 0x200),
                            shows(kernel.linear_map + 0x700400, 0x80700400, 0x200)));
}

TEST(map_kernel, what_cannot_be_right_is_told_and_leaves_physical_addresses) {
    const kernel_guest kernel = riscv64_kernel();
    const auto without = [&](const char* key) {
        std::string text = kernel.text();
        const size_t at = text.find(key);
        return text.erase(at, text.find('\n', at) + 1 - at);
    };
    const auto with = [&](const char* key, const char* value) { return without(key) + key + value + "\n"; };
    const struct {
        std::string text;
        const char* warning;
    } cases[] = {
        {without("SYMBOL(swapper_pg_dir)"), "VMCOREINFO has no SYMBOL(swapper_pg_dir)"},
        {without("NUMBER(phys_ram_base)").erase(without("NUMBER(phys_ram_base)").find("NUMBER(va_kernel")),
         "VMCOREINFO has no NUMBER(phys_ram_base)"},
        {with("NUMBER(VA_BITS)", "=40"), "an address or page size that riscv64 does not have"},
        {with("NUMBER(VA_BITS)", "=18446744073709551615"), "an address or page size"},
        {with("NUMBER(VA_BITS)", "=48"), "the kernel's page tables are not at 0x80280000"},
        {with("SYMBOL(swapper_pg_dir)", "=ffffffff80000000"),
         "the kernel's page tables are not at 0x80200000"},
        {with("SYMBOL(swapper_pg_dir)", "=0"), "the kernel's page tables are not at "},
        {with("SYMBOL(swapper_pg_dir)", "=ffffffffffffffff"), "the kernel's page tables are not at "},
        {with("NUMBER(va_kernel_pa_offset)", "=0"), "the kernel's page tables are not at "},
    };
    const machine guest(kernel);
    for (const auto& each : cases) {
        const mapping_plan plan = guest.plan(kernel, each.text);
        EXPECT_THAT(plan.warnings, ElementsAre(HasSubstr(each.warning)));
        EXPECT_THAT(plan.mappings, ElementsAre(shows(rom_base, rom_base, rom_size),
                                               shows(0x80000000, 0x80000000, kernel.size)));
    }
}

TEST(map_kernel, targets_without_known_tables_are_physical_without_a_word) {
    const kernel_guest kernel = riscv64_kernel();
    const machine guest(kernel);
    const mapping_plan plan =
        map_kernel(target_named("arm"), vmcoreinfo_text(kernel.text()), guest.memory, guest.ranges);
    EXPECT_THAT(plan.warnings, IsEmpty());
    EXPECT_THAT(plan.mappings,
                ElementsAre(shows(rom_base, rom_base, rom_size), shows(0x80000000, 0x80000000, kernel.size)));
}

TEST(map_kernel, tables_shared_without_end_are_told) {
    const kernel_guest kernel = riscv64_kernel();
    machine guest(kernel);
    const uint64_t root = kernel.root() - kernel.memory_base;
    for (uint64_t i = 256; i < 300; ++i)
        table_builder::set(guest.bytes + root + 8 * i, riscv_entries.table(kernel.root()));
    EXPECT_THAT(guest.plan(kernel, kernel.text()).warnings, ElementsAre(HasSubstr("used in several places")));
}

TEST(names_linux_kernel, asks_for_what_debuggers_need) {
    EXPECT_TRUE(names_linux_kernel(vmcoreinfo_text("OSRELEASE=6.1\nSYMBOL(swapper_pg_dir)=ff\n")));
    EXPECT_FALSE(names_linux_kernel(vmcoreinfo_text("OSRELEASE=6.1\n")));
    EXPECT_FALSE(names_linux_kernel(vmcoreinfo_text("SYMBOL(swapper_pg_dir)=ff\n")));
    EXPECT_FALSE(names_linux_kernel(vmcoreinfo_text("OSRELEASE=6.1\nSYMBOL(swapper_pg_dir)=here\n")));
}

TEST(map_cpus, each_cpu_adds_what_only_it_sees_and_the_rest_is_physical) {
    constexpr uint64_t base = 0x80000000;
    fake_memory memory;
    uint8_t* bytes = memory.add(base, 0x100000);
    table_builder one(bytes, base, 8, 39, riscv_entries),
        two(bytes + 0x8000, base + 0x8000, 8, 39, riscv_entries);
    for (table_builder* tables : {&one, &two})
        tables->map_range(0xffffffd600000000, base, 0x80000);
    one.map(0x10000, base + 0x90000);
    two.map(0x10000, base + 0x91000);
    two.map(0x11000, base + 0xff000);
    const auto satp = [](uint64_t root) { return uint64_t{8} << 60 | uint64_t{5} << 44 | root >> 12; };
    const paging_cpu first({{"satp", satp(base)}}), second({{"satp", satp(base + 0x8000)}}),
        bare({{"satp", 0}});
    const mapping_plan plan =
        map_cpus(target_named("riscv64"), {&first, &bare, &second, &first}, memory, memory.ranges());
    EXPECT_THAT(plan.warnings, IsEmpty());
    EXPECT_THAT(plan.mappings,
                ElementsAre(shows(0xffffffd600000000, base, 0x80000), shows(0x10000, base + 0x90000, 0x1000),
                            shows(0x10000, base + 0x91000, 0x1000), shows(0x11000, base + 0xff000, 0x1000),
                            shows(base + 0x80000, base + 0x80000, 0x10000),
                            shows(base + 0x92000, base + 0x92000, 0x6d000),
                            shows(0xffffffd600000000, base, 0x80000)));
}

TEST(map_cpus, memory_is_physical_when_no_cpu_pages) {
    fake_memory memory;
    memory.add(0x80000000, 0x1000);
    memory.add(0xfffffffffffff000, 0x1000);
    const paging_cpu bare({{"satp", 0}}), reserved({{"satp", uint64_t{15} << 60}}), silent({});
    for (const char* target : {"riscv64", "riscv32", "x86_64", "i386", "aarch64", "arm"})
        EXPECT_THAT(
            map_cpus(target_named(target), {&bare, &reserved, &silent}, memory, memory.ranges()).mappings,
            ElementsAre(shows(0x80000000, 0x80000000, 0x1000),
                        shows(0xfffffffffffff000, 0xfffffffffffff000, 0x1000)));
}

/// Page 0 of memory maps page 5 at a place that only the right format finds; root, page 1, page 2 ... are
/// tables.
TEST(map_cpus, x86_modes_are_told_by_the_control_registers) {
    constexpr uint64_t paging = 0x80050033, pae = 0x20, large = 0x10, five_levels = 0x1000, long_mode = 0x500;
    const struct {
        unsigned levels, width;
        uint64_t cr0, cr4, efer, vaddr;
    } cases[] = {
        {2, 4, paging, 0, 0, 0x00400000 | 0x1000},
        {2, 4, paging, large, 0, 0x00400000 | 0x1000},
        {3, 8, paging, pae, 0, 0x40000000 | 0x200000 | 0x1000},
        {4, 8, paging, pae, long_mode, 0x8000000000 | 0x40000000 | 0x200000 | 0x1000},
        {5, 8, paging, pae | five_levels, long_mode, 0x1008040201000},
        {5, 8, paging & ~(1u << 31), pae | five_levels, long_mode, 0x5000},
    };
    for (const auto& each : cases) {
        fake_memory memory;
        uint8_t* bytes = memory.add(0, 0x6000);
        for (unsigned i = 0; i < each.levels; ++i)
            store_bytes(bytes + 4096 * i + each.width, (i + 1 == each.levels ? 5 : i + 1) * 4096 | 1,
                        each.width, byte_order::little);
        const paging_cpu cpu({{"cr0", each.cr0}, {"cr3", 0x18}, {"cr4", each.cr4}, {"efer", each.efer}});
        const mapping_plan plan = map_cpus(target_named("x86_64"), {&cpu}, memory, memory.ranges());
        const bool pages = plan.mappings.size() > 1;
        EXPECT_EQ(pages, (each.cr0 >> 31 & 1) != 0) << each.levels;
        if (pages) {
            EXPECT_THAT(plan.mappings[0], shows(each.vaddr, 0x5000, 0x1000)) << each.levels;
        }
    }
}

TEST(map_cpus, aarch64_halves_are_told_by_tcr) {
    constexpr uint64_t base = 0x40000000;
    fake_memory memory;
    uint8_t* bytes = memory.add(base, 0x20000);
    table_builder lower(bytes, base, 8, 39, aarch64_entries);
    table_builder upper(bytes + 0x8000, base + 0x8000, 8, 48, aarch64_entries);
    lower.map(0x1000, base + 0x10000);
    upper.map(0x1000, base + 0x11000);
    constexpr uint64_t tcr = 25 | uint64_t{16} << 16 | uint64_t{2} << 30; // T0SZ, T1SZ, TG1 = 4 KiB
    const auto first_two = [&](uint64_t tcr_el1, uint64_t sctlr) {
        const paging_cpu cpu({{"sctlr_el1", sctlr},
                              {"tcr_el1", tcr_el1},
                              {"ttbr0_el1", base | uint64_t{7} << 48 | 1},
                              {"ttbr1_el1", base + 0x8000}});
        auto mappings = map_cpus(target_named("aarch64"), {&cpu}, memory, memory.ranges()).mappings;
        return std::vector<core_mapping>(mappings.begin(),
                                         mappings.begin() + std::min<size_t>(2, mappings.size()));
    };
    EXPECT_THAT(first_two(tcr, 1), ElementsAre(shows(0x1000, base + 0x10000, 0x1000),
                                               shows(0xffff000000001000, base + 0x11000, 0x1000)));
    EXPECT_THAT(first_two(tcr | 1 << 7, 1)[0], shows(0xffff000000001000, base + 0x11000, 0x1000));
    EXPECT_THAT(first_two(tcr | 1 << 23, 1)[0], shows(0x1000, base + 0x10000, 0x1000));
    EXPECT_THAT(first_two(tcr, 0), ElementsAre(shows(base, base, 0x20000)));
}

TEST(map_cpus, aarch64_tables_beyond_48_bits_are_told_by_tcr_too) {
    constexpr uint64_t base = uint64_t{0xd} << 48;
    fake_memory memory;
    uint8_t* bytes = memory.add(base, 0x20000);
    table_builder upper(bytes, base, 8, 52, aarch64_52_bit_entries);
    upper.map(0xfff0000000001000, base + 0x11000);
    constexpr uint64_t tcr = 1 << 7 | 12 << 16 | uint64_t{2} << 30; // EPD0, T1SZ, TG1 = 4 KiB
    const auto first = [&](uint64_t tcr_el1) {
        const paging_cpu cpu({{"sctlr_el1", 1}, {"tcr_el1", tcr_el1}, {"ttbr1_el1", 0xd << 2}});
        return map_cpus(target_named("aarch64"), {&cpu}, memory, memory.ranges()).mappings[0];
    };
    EXPECT_THAT(first(tcr | uint64_t{1} << 59), shows(0xfff0000000001000, base + 0x11000, 0x1000));
    EXPECT_THAT(first(tcr), shows(base, base, 0x20000)) << "without DS there are 48 bits";
}

TEST(map_cpus_as_qemu, only_what_x86_cpus_see_and_all_of_it_in_the_upper_half) {
    fake_memory memory;
    uint8_t* bytes = memory.add(0, 0x20000);
    table_builder tables(bytes, 0, 16, 48, x86_entries);
    tables.map(0x400000, 0x12000);
    tables.map(0xffff888000000000, 0x11000);
    const paging_cpu cpu({{"cr0", 0x80000011}, {"cr3", 0}, {"cr4", 0x20}, {"efer", 0x500}});
    EXPECT_THAT(
        map_cpus_as_qemu(target_named("x86_64", 62), {&cpu}, memory, memory.ranges()).mappings,
        ElementsAre(shows(0xffff888000000000, 0x11000, 0x1000), shows(0xffff000000400000, 0x12000, 0x1000)));
    const paging_cpu hart({{"satp", uint64_t{8} << 60}});
    EXPECT_THAT(map_cpus_as_qemu(target_named("riscv64", 243), {&hart}, memory, memory.ranges()).mappings,
                ElementsAre(shows(0, 0, 0x20000)));
}

} // namespace
