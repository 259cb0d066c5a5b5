// The table of targets. cpu_notes.cpp has the notes of each.

#include "models/dump/arch.h"

#include "models/dump/cpu_notes.h"

#include <algorithm>
#include <stdexcept>

namespace vmcore {

namespace {

constexpr uint16_t em_386 = 3;
constexpr uint16_t em_arm = 40;
constexpr uint16_t em_x86_64 = 62;
constexpr uint16_t em_aarch64 = 183;
constexpr uint16_t em_riscv = 243;

constexpr uint32_t page_4k = 4096;
constexpr uint32_t page_64k = 65536; // the largest that an aarch64 kernel may have; QEMU takes it for all

// The physical address that Linux prints as the start of RAM, decimal; crash, makedumpfile and kdump headers
// use it.
constexpr const char* riscv_phys_base = "NUMBER(phys_ram_base)";
// How far the kernel was loaded from where it was linked for, decimal and perhaps negative.
constexpr const char* x86_64_phys_base = "NUMBER(phys_base)";
// The physical address of the linear map's start, hexadecimal.
constexpr const char* aarch64_phys_base = "NUMBER(PHYS_OFFSET)";

} // namespace

const std::vector<dump_target>& dump_targets() {
    constexpr elf_class wide = elf_class::elf64, narrow = elf_class::elf32;
    constexpr byte_order little = byte_order::little, big = byte_order::big;
    const std::vector<uint32_t> pages_4k = {page_4k}, aarch64_pages = {page_4k, 16384, page_64k};
    static const std::vector<dump_target> targets = {
        {"riscv64", wide, little, em_riscv, false, "riscv64", page_4k, pages_4k, riscv_phys_base, false,
         cpu_notes::riscv64()},
        {"riscv32", narrow, little, em_riscv, false, "riscv32", page_4k, pages_4k, riscv_phys_base, false,
         cpu_notes::riscv32()},
        {"x86_64", wide, little, em_x86_64, false, "x86_64", page_4k, pages_4k, x86_64_phys_base, true,
         cpu_notes::x86_64()},
        {"i386", narrow, little, em_386, true, "i686", page_4k, pages_4k, nullptr, false, cpu_notes::i386()},
        {"aarch64", wide, little, em_aarch64, false, "aarch64", page_64k, aarch64_pages, aarch64_phys_base,
         true, cpu_notes::aarch64(little)},
        {"aarch64_be", wide, big, em_aarch64, false, "aarch64_be", page_64k, aarch64_pages, aarch64_phys_base,
         true, cpu_notes::aarch64(big)},
        {"arm", narrow, little, em_arm, false, "armv7l", page_4k, pages_4k, nullptr, false, cpu_notes::arm()},
        {"armeb", narrow, big, em_arm, false, "armv7b", page_4k, pages_4k, nullptr, false, cpu_notes::arm()},
    };
    return targets;
}

const dump_target& find_dump_target(std::string_view name) {
    std::string known;
    for (const dump_target& target : dump_targets()) {
        if (name == target.name)
            return target;
        known += (known.empty() ? "" : ", ") + std::string(target.name);
    }
    throw std::runtime_error("unknown dump target '" + std::string(name) + "': expected one of " + known);
}

dump_target target_for(const dump_target& target, const std::vector<memory_range>& ranges) {
    constexpr uint64_t last_of_elf32 = 0xffffffff;
    // As QEMU has it: an end of exactly 4 GiB does not fit a 32-bit field either.
    const bool is_high = std::any_of(ranges.begin(), ranges.end(), [](const memory_range& range) {
        return range.base > last_of_elf32 || range.size > last_of_elf32 - range.base;
    });
    dump_target fitting = target;
    if (target.widens && is_high)
        fitting.file_class = elf_class::elf64;
    return fitting;
}

} // namespace vmcore
