// Writes dumps of a machine whose every register and byte is known, for matrix.py to ask real readers about.
//
// usage: write_known_core DIRECTORY
// leaves DIRECTORY/TARGET.FORMAT for every target and format, and DIRECTORY/ram, the bytes of RAM at
// 0x80000000.

#include "models/dump/dumper.h"
#include "tests/models/dump/fake_guest.h"

#include <cstdio>
#include <exception>
#include <fstream>

using namespace vmcore;
using namespace vmcore::test;

namespace {

constexpr uint64_t ram_base = 0x80000000;
constexpr uint64_t ram_size = 0x200000;

const std::string known_vmcoreinfo =
    "OSRELEASE=6.1.0-known\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffffffff81234000\n"
    "NUMBER(phys_ram_base)=2147483648\nNUMBER(phys_base)=-4096\nNUMBER(VA_BITS)=39\n";

/// Every register has a value that its name and the hart tell.
class known_cpu : public cpu_context {
public:
    explicit known_cpu(unsigned hart)
        : m_hart(hart) {}

    std::optional<uint64_t> register_value(std::string_view name) const override {
        uint32_t hash = 2166136261u; // FNV-1a
        for (const char c : name)
            hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
        return (hash & 0x0fffffff) | m_hart << 28;
    }

private:
    unsigned m_hart;
};

/// Pages of zeros, of text that packs well, of noise that does not pack, and of one byte, by turns.
std::vector<uint8_t> mixed_pages() {
    constexpr uint64_t page = 4096;
    std::vector<uint8_t> bytes(ram_size);
    uint32_t noise = 1;
    for (uint64_t at = 0; at < ram_size; ++at) {
        noise = noise * 1664525 + 1013904223;
        switch (at / page % 4) {
        case 1: bytes[at] = static_cast<uint8_t>('a' + at % 23); break;
        case 2: bytes[at] = static_cast<uint8_t>(noise >> 24); break;
        case 3: bytes[at] = at % page == page - 1 ? 1 : 0; break;
        }
    }
    return bytes;
}

void put_text(fake_memory& memory, uint64_t paddr, const std::string& text) {
    memory.put(paddr, {text.begin(), text.end()});
}

void write_dumps(const std::string& directory, const dump_target& target) {
    fake_memory memory;
    memory.add(0x1000, 0xf000);
    put_text(memory, 0x1000, "mask rom");
    const uint8_t* ram = memory.add(ram_base, ram_size);
    memory.put(ram_base, mixed_pages());
    put_text(memory, 0x80002000, std::string("known text in memory") + '\0');
    memory.put(0x801ffff8, {0xf0, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12}); // the last 8 bytes
    if (target.file_class == elf_class::elf64) {
        memory.add(0x100000000, 0x1000);
        put_text(memory, 0x100000800, "above 4 GiB");
    }
    memory.put(0x80100004, guest_note_bytes(vmcoreinfo_name, known_vmcoreinfo));
    fake_vmcoreinfo vmcoreinfo;
    vmcoreinfo.value = elf_record(0x80100004, 4096);
    std::ofstream(directory + "/ram", std::ios::binary).write(reinterpret_cast<const char*>(ram), ram_size);

    const known_cpu hart0(0), hart1(1);
    const dumper engine((std::string("dumper_") + target.name).c_str(), memory, &vmcoreinfo,
                        {&hart0, &hart1});
    for (const std::string& format : dump_formats()) {
        dump_request request;
        request.file = directory + "/" + target.name + "." + format;
        request.format = format;
        request.target = target.name;
        for (const std::string& warning : engine.write(request).warnings)
            std::printf("%s: %s\n", request.file.c_str(), warning.c_str());
    }
}

} // namespace

int sc_main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    try {
        for (const dump_target& target : dump_targets())
            if (target.order == byte_order::little) // the note that is put in memory is
                write_dumps(argv[1], target);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
    return 0;
}
