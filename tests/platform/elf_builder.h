#pragma once

#include <cstdint>
#include <cstring>
#include <elf.h>
#include <vector>

namespace vmcore::test {

/// A small RISC-V executable with one PT_LOAD, or several equal ones.
struct elf_builder {
    uint64_t address = 0x80000000;
    uint64_t entry = 0x80000000;
    std::vector<uint8_t> contents{1, 2, 3, 4};
    uint64_t memory_size = 4;
    bool headers_too = false; ///< the segment begins with the file's headers
    uint16_t segments = 1;
    uint16_t machine = EM_RISCV;
    uint16_t type = ET_EXEC;
    uint8_t elf_class = ELFCLASS64;

    std::vector<uint8_t> build() const {
        Elf64_Ehdr header{};
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = elf_class;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_ident[EI_VERSION] = EV_CURRENT;
        header.e_type = type;
        header.e_machine = machine;
        header.e_version = EV_CURRENT;
        header.e_entry = entry;
        header.e_phoff = sizeof(Elf64_Ehdr);
        header.e_ehsize = sizeof(Elf64_Ehdr);
        header.e_phentsize = sizeof(Elf64_Phdr);
        header.e_phnum = segments;
        Elf64_Phdr segment{};
        segment.p_type = PT_LOAD;
        segment.p_offset = sizeof(Elf64_Ehdr) + segments * sizeof(Elf64_Phdr);
        segment.p_vaddr = segment.p_paddr = address;
        segment.p_filesz = contents.size();
        segment.p_memsz = memory_size;
        std::vector<uint8_t> file(segment.p_offset);
        if (headers_too) {
            segment.p_filesz += segment.p_offset;
            segment.p_memsz += segment.p_offset;
            segment.p_offset = 0;
        }
        std::memcpy(file.data(), &header, sizeof header);
        for (uint16_t i = 0; i < segments; ++i)
            std::memcpy(file.data() + sizeof header + i * sizeof segment, &segment, sizeof segment);
        file.insert(file.end(), contents.begin(), contents.end());
        return file;
    }
};

} // namespace vmcore::test
