#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore::test {

/// An ELF core file, taken apart after the ELF specification alone: it shares no code with the writer.
/// Anything out of bounds throws std::out_of_range.
class elf_reader {
public:
    struct program_header {
        uint64_t type, flags, offset, vaddr, paddr, filesz, memsz, align;
    };
    struct note {
        std::string name; ///< with its terminator
        uint64_t type;
        std::string desc;
    };

    explicit elf_reader(const std::string& file);

    int file_class, data, version, type, machine;
    uint64_t entry, phoff, shoff, flags, ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
    uint64_t size; ///< of the file

    std::vector<program_header> program_headers; ///< all of them, also those that e_phnum cannot count
    std::vector<note> notes;                     ///< of the first program header

    std::vector<program_header> loads() const;
    std::string bytes(uint64_t offset, uint64_t length) const;
    /// A number in the file's byte order.
    uint64_t number(uint64_t offset, int width) const;

private:
    void read_header();
    void read_program_headers();
    void read_notes();

    std::string m_file;
};

/// A number at an offset in a little-endian descriptor.
uint64_t little(const std::string& bytes, size_t offset, int width);

/// The whole file; throws when there is none.
std::string read_file(const std::string& file);

} // namespace vmcore::test
