// Writes an ELF core of any producer anew through the dump engine: the same memory, the same CPUs, the note
// found in memory. So a kernel that ran elsewhere is a guest of the engine.
//
// usage: redump CORE OUTPUT FORMAT [qemu]

#include "models/dump/cpu_state.h"
#include "models/dump/dumper.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <fstream>
#include <gelf.h>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace vmcore;

namespace {

/// The memory that a core holds, mapped from the file.
class core_memory : public guest_memory {
public:
    explicit core_memory(const char* path) {
        const int file = open(path, O_RDONLY | O_CLOEXEC);
        struct stat facts = {};
        if (file < 0 || fstat(file, &facts) != 0)
            throw std::runtime_error(std::string(path) + ": " + std::strerror(errno));
        const auto size = static_cast<uint64_t>(facts.st_size);
        void* mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
        if (mapped == MAP_FAILED)
            throw std::runtime_error(std::string(path) + ": " + std::strerror(errno));
        elf_version(EV_CURRENT);
        Elf* elf = elf_begin(file, ELF_C_READ, nullptr);
        size_t count = 0;
        if (!elf || elf_getphdrnum(elf, &count) != 0)
            throw std::runtime_error(std::string(path) + ": not an ELF file");
        for (size_t i = 0; i < count; ++i) {
            GElf_Phdr header;
            if (!gelf_getphdr(elf, static_cast<int>(i), &header) || header.p_type != PT_LOAD)
                continue;
            if (header.p_offset > size || header.p_filesz > size - header.p_offset)
                throw std::runtime_error(std::string(path) + ": cut off: program header " +
                                         std::to_string(i) + " tells of " + std::to_string(header.p_filesz) +
                                         " bytes from byte " + std::to_string(header.p_offset) +
                                         " on, and the file has " + std::to_string(size));
            m_ranges.push_back(
                {header.p_paddr, header.p_filesz, static_cast<const uint8_t*>(mapped) + header.p_offset});
        }
        elf_end(elf);
        close(file);
        std::sort(m_ranges.begin(), m_ranges.end(),
                  [](const memory_range& a, const memory_range& b) { return a.base < b.base; });
    }

    std::vector<memory_range> ranges() const override { return m_ranges; }

    uint64_t read(uint64_t paddr, void* to, uint64_t length) const override {
        std::memset(to, 0, length);
        uint64_t mapped = 0;
        for (const memory_range& range : m_ranges) {
            const uint64_t first = std::max(paddr, range.base);
            const uint64_t last = std::min(paddr + length, range.base + range.size);
            if (first >= last)
                continue;
            std::memcpy(static_cast<uint8_t*>(to) + (first - paddr), range.host + (first - range.base),
                        last - first);
            mapped += last - first;
        }
        return mapped;
    }

private:
    std::vector<memory_range> m_ranges;
};

/// The notes are near the start, and the file may be large.
std::vector<uint8_t> first_bytes(const char* path) {
    constexpr size_t enough = 1 << 20;
    std::ifstream file(path, std::ios::binary);
    std::vector<uint8_t> bytes(enough);
    file.read(reinterpret_cast<char*>(bytes.data()), enough);
    bytes.resize(static_cast<size_t>(file.gcount()));
    return bytes;
}

void redump(const char* core, const char* output, const char* format, bool as_qemu) {
    const core_memory memory(core);
    const cpu_states states = read_core_cpus(first_bytes(core));
    std::vector<const cpu_context*> cpus;
    for (const cpu_state& cpu : states.cpus)
        cpus.push_back(&cpu);
    const dumper engine("dumper", memory, nullptr, cpus);
    dump_request request;
    request.file = output;
    request.format = format;
    request.target = states.target;
    request.rescue = true;
    request.layout = as_qemu ? dump_layout::qemu : dump_layout::portable;
    for (const std::string& warning : engine.write(request).warnings)
        std::printf("%s\n", warning.c_str());
}

} // namespace

int sc_main(int argc, char** argv) {
    if (argc != 4 && !(argc == 5 && argv[4] == std::string("qemu"))) {
        std::fprintf(stderr, "usage: %s CORE OUTPUT FORMAT [qemu]\n", argv[0]);
        return 2;
    }
    try {
        redump(argv[1], argv[2], argv[3], argc == 5);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
    return 0;
}
