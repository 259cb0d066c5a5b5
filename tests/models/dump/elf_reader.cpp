#include "tests/models/dump/elf_reader.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace vmcore::test {

std::string read_file(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        throw std::runtime_error("no file " + file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

uint64_t little(const std::string& bytes, size_t offset, int width) {
    uint64_t number = 0;
    for (int i = width - 1; i >= 0; --i)
        number = number << 8 | static_cast<uint8_t>(bytes.at(offset + i));
    return number;
}

elf_reader::elf_reader(const std::string& file)
    : size(std::filesystem::file_size(file))
    , m_file(file) {
    read_header();
    read_program_headers();
    read_notes();
}

std::string elf_reader::bytes(uint64_t offset, uint64_t length) const {
    if (offset > size || length > size - offset)
        throw std::out_of_range("bytes past the end of " + m_file);
    std::string result(length, '\0');
    std::ifstream stream(m_file, std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    stream.read(result.data(), static_cast<std::streamsize>(length));
    if (!stream)
        throw std::runtime_error("cannot read " + m_file);
    return result;
}

uint64_t elf_reader::number(uint64_t offset, int width) const {
    const std::string raw = bytes(offset, width);
    if (data == 1)
        return little(raw, 0, width);
    return little({raw.rbegin(), raw.rend()}, 0, width);
}

void elf_reader::read_header() {
    const std::string ident = bytes(0, 16);
    if (ident.substr(0, 4) != "\177ELF")
        throw std::runtime_error("not an ELF file: " + m_file);
    file_class = ident[4];
    data = ident[5];
    const bool wide = file_class == 2;
    const int word = wide ? 8 : 4;
    type = static_cast<int>(number(16, 2));
    machine = static_cast<int>(number(18, 2));
    version = static_cast<int>(number(20, 4));
    entry = number(24, word);
    phoff = number(wide ? 32 : 28, word);
    shoff = number(wide ? 40 : 32, word);
    flags = number(wide ? 48 : 36, 4);
    const uint64_t halves = wide ? 52 : 40;
    ehsize = number(halves, 2);
    phentsize = number(halves + 2, 2);
    phnum = number(halves + 4, 2);
    shentsize = number(halves + 6, 2);
    shnum = number(halves + 8, 2);
    shstrndx = number(halves + 10, 2);
}

void elf_reader::read_program_headers() {
    const bool wide = file_class == 2;
    uint64_t count = phnum;
    if (count == 0xffff) // PN_XNUM
        count = number(shoff + (wide ? 44 : 28), 4);
    if (phoff + count * phentsize > size)
        throw std::out_of_range("program headers past the end of " + m_file);
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t at = phoff + i * phentsize;
        if (wide)
            program_headers.push_back({number(at, 4), number(at + 4, 4), number(at + 8, 8),
                                       number(at + 16, 8), number(at + 24, 8), number(at + 32, 8),
                                       number(at + 40, 8), number(at + 48, 8)});
        else
            program_headers.push_back({number(at, 4), number(at + 24, 4), number(at + 4, 4),
                                       number(at + 8, 4), number(at + 12, 4), number(at + 16, 4),
                                       number(at + 20, 4), number(at + 28, 4)});
    }
}

void elf_reader::read_notes() {
    const program_header& header = program_headers.at(0);
    if (header.type != 4)
        throw std::runtime_error("the first program header of " + m_file + " is not PT_NOTE");
    uint64_t at = header.offset;
    const uint64_t end = at + header.filesz;
    while (at < end) {
        const uint64_t name_size = number(at, 4);
        const uint64_t desc_size = number(at + 4, 4);
        const uint64_t desc = at + 12 + (name_size + 3) / 4 * 4;
        notes.push_back({bytes(at + 12, name_size), number(at + 8, 4), bytes(desc, desc_size)});
        at = desc + (desc_size + 3) / 4 * 4;
    }
    if (at != end)
        throw std::out_of_range("a note of " + m_file + " leaves its segment");
}

std::vector<elf_reader::program_header> elf_reader::loads() const {
    std::vector<program_header> result;
    for (const program_header& header : program_headers)
        if (header.type == 1)
            result.push_back(header);
    return result;
}

} // namespace vmcore::test
