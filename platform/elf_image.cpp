#include "platform/elf_image.h"

#include <algorithm>
#include <cstring>
#include <gelf.h>
#include <memory>
#include <stdexcept>

namespace vmcore {

bool is_elf(const std::vector<uint8_t>& file) {
    return file.size() >= SELFMAG && std::memcmp(file.data(), ELFMAG, SELFMAG) == 0;
}

static void check_header(const std::string& name, const GElf_Ehdr& header) {
    if (header.e_machine != EM_RISCV)
        throw std::runtime_error(name + ": an ELF file for machine " + std::to_string(header.e_machine) +
                                 ", expected RISC-V (" + std::to_string(EM_RISCV) + ")");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
        throw std::runtime_error(name + ": expected a 64-bit little-endian ELF file");
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        throw std::runtime_error(name + ": an ELF file of type " + std::to_string(header.e_type) +
                                 ", expected an executable (" + std::to_string(ET_EXEC) + ")");
}

/// How many bytes of a segment, from its start, are the headers of its file, one note about it, and zeros
/// between them.
static uint64_t dispensable_bytes(const GElf_Ehdr& header, const std::vector<GElf_Phdr>& segments,
                                  const GElf_Phdr& segment, const std::vector<uint8_t>& loaded) {
    if (segment.p_offset != 0 || segment.p_filesz < header.e_ehsize || header.e_phoff != header.e_ehsize)
        return 0;
    const auto skip_zeros = [&](uint64_t at) {
        while (at < segment.p_filesz && loaded[at] == 0)
            ++at;
        return at;
    };
    uint64_t end = header.e_ehsize + uint64_t(header.e_phnum) * header.e_phentsize;
    if (end > segment.p_filesz)
        return 0;
    end = skip_zeros(end);
    const auto note = std::find_if(segments.begin(), segments.end(), [&](const GElf_Phdr& each) {
        return each.p_type == PT_NOTE && each.p_offset == end && each.p_filesz <= segment.p_filesz - end;
    });
    return note == segments.end() ? end : skip_zeros(end + note->p_filesz);
}

static image segment_image(const std::string& name, const std::vector<uint8_t>& file,
                           const GElf_Phdr& segment, uint64_t max_bytes) {
    if (segment.p_offset > file.size() || segment.p_filesz > file.size() - segment.p_offset)
        throw std::runtime_error(name + ": truncated: a segment ends at byte " +
                                 std::to_string(segment.p_offset + segment.p_filesz) + ", the file at " +
                                 std::to_string(file.size()));
    if (segment.p_memsz < segment.p_filesz || segment.p_memsz > max_bytes)
        throw std::runtime_error(name + ": a segment of " + std::to_string(segment.p_memsz) +
                                 " bytes in memory, expected " + std::to_string(segment.p_filesz) + " to " +
                                 std::to_string(max_bytes));
    image loaded{name, segment.p_paddr, {}};
    loaded.bytes.resize(segment.p_memsz);
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(segment.p_offset), segment.p_filesz,
                loaded.bytes.begin());
    return loaded;
}

loaded_elf load_riscv64_elf(const std::string& name, const std::vector<uint8_t>& file, uint64_t max_bytes) {
    elf_version(EV_CURRENT);
    auto* bytes = reinterpret_cast<char*>(const_cast<uint8_t*>(file.data())); // libelf only reads them
    const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_memory(bytes, file.size()), elf_end);
    GElf_Ehdr header;
    size_t count = 0;
    if (!elf || gelf_getehdr(elf.get(), &header) == nullptr)
        throw std::runtime_error(name + ": not a readable ELF file: " + elf_errmsg(-1));
    check_header(name, header);
    // libelf silently leaves out program headers behind the end of the file.
    if (elf_getphdrnum(elf.get(), &count) != 0 || count != header.e_phnum)
        throw std::runtime_error(name + ": truncated: not all of its " + std::to_string(header.e_phnum) +
                                 " program headers are there");

    std::vector<GElf_Phdr> segments(count);
    for (size_t i = 0; i < count; ++i)
        if (gelf_getphdr(elf.get(), static_cast<int>(i), &segments[i]) == nullptr)
            throw std::runtime_error(name + ": truncated: no program header " + std::to_string(i) + ": " +
                                     elf_errmsg(-1));

    loaded_elf loaded{header.e_entry, {}};
    uint64_t left = max_bytes;
    for (const GElf_Phdr& segment : segments) {
        if (segment.p_type != PT_LOAD || segment.p_memsz == 0)
            continue;
        if (segment.p_memsz <= max_bytes && segment.p_memsz > left)
            throw std::runtime_error(name + ": segments of more than " + std::to_string(max_bytes) +
                                     " bytes in memory together, expected at most that");
        image added = segment_image(name, file, segment, max_bytes);
        added.dispensable = dispensable_bytes(header, segments, segment, added.bytes);
        loaded.segments.push_back(std::move(added));
        left -= segment.p_memsz;
    }
    if (loaded.segments.empty())
        throw std::runtime_error(name + ": an ELF file with nothing to load");
    return loaded;
}

} // namespace vmcore
