#pragma once

#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/table_builder.h"

#include <cstring>
#include <string>

namespace vmcore::test {

/// A machine on which a Linux kernel has come to switch its page tables on: 8 MiB of memory, the kernel's
/// image of 1 MiB at its third MiB, linear map, two pages of vmalloc memory, tables, and init_uts_ns.
struct kernel_guest {
    static constexpr uint64_t size = 8 << 20;

    const char* target;
    unsigned address_size;
    const entry_coding& coding;
    uint64_t memory_base; ///< physical
    uint64_t linear_map;  ///< virtual address of memory_base
    uint64_t link;        ///< virtual address of the image
    uint64_t vmalloc;
    std::string keys; ///< what VMCOREINFO of this architecture tells of these

    uint64_t image() const { return memory_base + 0x200000; }
    uint64_t root() const { return image() + 0x80000; }
    uint64_t swapper() const { return link + 0x80000; }
    uint64_t names() const { return image() + 0x10000; }

    std::string text(const std::string& release = "6.12.1") const {
        const auto symbol = [](const char* name, uint64_t address) {
            char line[64];
            std::snprintf(line, sizeof line, "SYMBOL(%s)=%llx\n", name,
                          static_cast<unsigned long long>(address));
            return std::string(line);
        };
        return "OSRELEASE=" + release + "\nPAGESIZE=4096\n" + symbol("swapper_pg_dir", swapper()) +
               symbol("_stext", link) + symbol("init_uts_ns", link + 0x10000) +
               "OFFSET(uts_namespace.name)=4\n" + keys;
    }

    /// Puts the kernel into memory; its `bytes` are at memory_base.
    void boot(uint8_t* bytes, const std::string& release = "6.12.1") const {
        table_builder tables(bytes + (root() - memory_base), root(), 32, address_size, coding);
        for (uint64_t at = 0; at < size; at += 0x200000)
            tables.map(linear_map + at, memory_base + at, 1);
        tables.map_range(link, image(), 0x100000);
        tables.map(vmalloc, memory_base + 0x700000);
        tables.map(vmalloc + 0x1000, memory_base + 0x600000);
        tables.map(vmalloc + 0x2000, 0x10000000); // registers of a device
        std::strcpy(reinterpret_cast<char*>(bytes + (names() + 4 - memory_base)), "Linux");
        std::strcpy(reinterpret_cast<char*>(bytes + (names() + 4 + 130 - memory_base)), release.c_str());
        std::strcpy(reinterpret_cast<char*>(bytes + (image() + 0x20000 - memory_base)),
                    ("Linux version " + release + " (somebody@somewhere)").c_str());
    }
};

inline kernel_guest riscv64_kernel() {
    return {"riscv64",
            39,
            riscv_entries,
            0x80000000,
            0xffffffd600000000,
            0xffffffff80000000,
            0xffffffc600000000,
            "NUMBER(VA_BITS)=39\nNUMBER(PAGE_OFFSET)=0xffffffd600000000\n"
            "NUMBER(phys_ram_base)=2147483648\nNUMBER(KERNEL_LINK_ADDR)=0xffffffff80000000\n"
            "NUMBER(va_kernel_pa_offset)=0xfffffffeffe00000\n"};
}

/// With KASLR: phys_base is 0x200000 - 0x2000000, and the linear map begins anywhere.
inline kernel_guest x86_64_kernel() {
    return {"x86_64",
            48,
            x86_entries,
            0,
            0xffff8bc3c0000000,
            0xffffffff82000000,
            0xffffd3b180000000,
            "NUMBER(phys_base)=-31457280\nNUMBER(pgtable_l5_enabled)=0\nNUMBER(sme_mask)=0\n"};
}

inline kernel_guest aarch64_kernel() {
    return {"aarch64",
            48,
            aarch64_entries,
            0x40000000,
            0xffff000000000000,
            0xffff800080000000,
            0xffff800090000000,
            "NUMBER(VA_BITS)=48\nNUMBER(kimage_voffset)=0xffff80003fe00000\n"
            "NUMBER(TCR_EL1_T1SZ)=0x10\nNUMBER(PHYS_OFFSET)=0x40000000\n"};
}

/// On a processor with FEAT_LPA2.
inline kernel_guest aarch64_52_bit_kernel() {
    return {"aarch64",
            52,
            aarch64_52_bit_entries,
            0x40000000,
            0xfff0000000000000,
            0xffff800080000000,
            0xffff800090000000,
            "NUMBER(VA_BITS)=52\nNUMBER(kimage_voffset)=0xffff80003fe00000\n"
            "NUMBER(TCR_EL1_T1SZ)=0xc\nNUMBER(PHYS_OFFSET)=0x40000000\n"};
}

} // namespace vmcore::test
