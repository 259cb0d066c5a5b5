// What readers take from VMCOREINFO and cannot do without.

#include "lint/rules.h"

namespace vmcore::lint {

namespace {

constexpr auto partly = verdict::partly;
constexpr auto no = verdict::no;

constexpr unsigned kernel(unsigned version, unsigned patch_level) {
    return version * 1000 + patch_level;
}

const effect layout_lost = {reader::crash, no, "says 'cannot get vm layout'"};
const effect ranges_lost = {reader::makedumpfile, no, "cannot translate addresses"};
const effect no_translation = {reader::libkdumpfile, partly, "has no virtual addresses"};

} // namespace

const std::vector<key_rule>& key_rules() {
    constexpr auto any = architecture::unknown, riscv64 = architecture::riscv64,
                   x86_64 = architecture::x86_64, aarch64 = architecture::aarch64;
    static const std::vector<key_rule> all = {
        {"OSRELEASE",
         nullptr,
         any,
         0,
         {{reader::drgn, no, "says 'VMCOREINFO does not contain valid OSRELEASE'"},
          {reader::crash, partly, "cannot check that the kernel is the right one"},
          {reader::libkdumpfile, partly, "has no kernel release"}}},
        {"PAGESIZE",
         nullptr,
         any,
         0,
         {{reader::drgn, no, "says 'VMCOREINFO does not contain valid PAGESIZE'"},
          {reader::makedumpfile, partly, "takes its own host's page size"}}},
        {"SYMBOL(swapper_pg_dir)",
         nullptr,
         any,
         0,
         {{reader::drgn, no, "says 'VMCOREINFO does not contain valid swapper_pg_dir'"},
          {reader::libkdumpfile, partly, "has no virtual addresses"},
          {reader::makedumpfile, no, "cannot translate addresses"}}},
        {"SYMBOL(init_uts_ns)",
         "SYMBOL(system_utsname)",
         any,
         0,
         {{reader::makedumpfile, no, "says \"Can't get the symbol of system_utsname\""}}},
        {"SIZE(page)", nullptr, any, 0, {{reader::makedumpfile, no, "cannot tell which pages are free"}}},
        {"OFFSET(page.flags)",
         nullptr,
         any,
         0,
         {{reader::makedumpfile, no, "cannot tell which pages are free"}}},
        {"NUMBER(phys_base)",
         "SYMBOL(phys_base)",
         x86_64,
         0,
         {{reader::makedumpfile, no, "cannot translate addresses"},
          {reader::crash, partly, "must guess where the kernel lies"},
          no_translation}},
        {"NUMBER(VA_BITS)",
         nullptr,
         aarch64,
         kernel(4, 12),
         {{reader::crash, no, "cannot translate addresses"}, ranges_lost}},
        {"NUMBER(PHYS_OFFSET)",
         nullptr,
         aarch64,
         kernel(4, 12),
         {{reader::crash, no, "cannot translate addresses"}, ranges_lost}},
        {"NUMBER(kimage_voffset)",
         nullptr,
         aarch64,
         kernel(4, 12),
         {{reader::crash, no, "cannot find kimage_voffset"}, ranges_lost, no_translation}},
        {"NUMBER(phys_ram_base)",
         nullptr,
         riscv64,
         kernel(5, 14),
         {{reader::crash, no, "says 'cannot read phys_ram_base'"}, ranges_lost}},
        {"NUMBER(PAGE_OFFSET)", nullptr, riscv64, kernel(5, 13), {layout_lost, ranges_lost, no_translation}},
        {"NUMBER(VMALLOC_START)", nullptr, riscv64, kernel(5, 13), {layout_lost, ranges_lost}},
        {"NUMBER(VMALLOC_END)", nullptr, riscv64, kernel(5, 13), {layout_lost, ranges_lost}},
        {"NUMBER(VMEMMAP_START)", nullptr, riscv64, kernel(5, 13), {layout_lost, ranges_lost}},
        {"NUMBER(VMEMMAP_END)", nullptr, riscv64, kernel(5, 13), {layout_lost, ranges_lost}},
        {"NUMBER(MODULES_VADDR)", nullptr, riscv64, kernel(5, 13), {layout_lost, ranges_lost}},
        {"NUMBER(MODULES_END)", nullptr, riscv64, kernel(5, 13), {layout_lost, ranges_lost}},
        {"NUMBER(KERNEL_LINK_ADDR)", nullptr, riscv64, kernel(5, 13), {layout_lost, ranges_lost}},
        {"NUMBER(va_kernel_pa_offset)",
         nullptr,
         riscv64,
         kernel(6, 4),
         {{reader::crash, no, "says 'cannot read va_kernel_pa_offset'"}, ranges_lost, no_translation}},
        {"NUMBER(VA_BITS)",
         nullptr,
         riscv64,
         kernel(5, 17),
         {{reader::crash, partly, "takes 39"}, ranges_lost, no_translation}},
    };
    return all;
}

} // namespace vmcore::lint
