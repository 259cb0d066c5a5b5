// Writes cores of a machine whose every register and byte is known, for check_core.py to ask real readers
// about.
//
// usage: write_known_core DIRECTORY
// leaves DIRECTORY/riscv64.elf (two harts, ROM, RAM, RAM above 4 GiB) and DIRECTORY/riscv32.elf (without the
// last).

#include "models/dump/dumper.h"
#include "tests/models/dump/fake_guest.h"

#include <cstdio>
#include <exception>

using namespace vmcore;
using namespace vmcore::test;

namespace {

const std::string vmcoreinfo_text =
    "OSRELEASE=6.1.0-known\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffffffff81234000\n"
    "NUMBER(phys_ram_base)=2147483648\nNUMBER(VA_BITS)=39\n";

void put_text(fake_memory& memory, uint64_t paddr, const std::string& text) {
    memory.put(paddr, {text.begin(), text.end()});
}

void write_core(const std::string& directory, const std::string& target) {
    fake_memory memory;
    memory.add(0x1000, 0xf000);
    put_text(memory, 0x1000, "mask rom");
    memory.add(0x80000000, 0x200000);
    put_text(memory, 0x80002000, "known text in memory");
    memory.put(0x801ffff8, {0xf0, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12}); // the last 8 bytes
    if (target == "riscv64") {
        memory.add(0x100000000, 0x1000);
        put_text(memory, 0x100000800, "above 4 GiB");
    }
    memory.put(0x80100004, guest_note_bytes(vmcoreinfo_name, vmcoreinfo_text));
    fake_vmcoreinfo vmcoreinfo;
    vmcoreinfo.value = elf_record(0x80100004, 4096);
    fake_cpu hart0(0x80000100), hart1(0xffffffe012345000);
    for (fake_cpu* hart : {&hart0, &hart1}) { // for the note that readers know nothing of
        hart->set("priv", 1);
        hart->set("satp", 0x8000000000081234);
    }

    const dumper engine(("dumper_" + target).c_str(), memory, &vmcoreinfo, {&hart0, &hart1});
    dump_request request;
    request.file = directory + "/" + target + ".elf";
    request.target = target;
    for (const std::string& warning : engine.write(request).warnings)
        throw std::runtime_error(warning);
}

} // namespace

int sc_main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    try {
        write_core(argv[1], "riscv64");
        write_core(argv[1], "riscv32");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
    return 0;
}
