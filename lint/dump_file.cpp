#include "lint/dump_file.h"

#include "lint/flattened.h"
#include "lint/scan.h"

#include <cstring>
#include <memory>

namespace vmcore::lint {

namespace {

/// What people also take for a dump, by its first bytes.
struct other_kind {
    std::string_view start;
    const char* what;
};

using namespace std::string_view_literals;

constexpr other_kind other_kinds[] = {
    {"QEVM"sv, "a QEMU migration stream, not a dump: use dump-guest-memory"},
    {"LibvirtQemudSave"sv, "a saved machine, not a dump: use virsh dump --memory-only"},
    {"LibvirtQemudPart"sv, "a saved machine, cut off, not a dump: use virsh dump --memory-only"},
    {"PAGEDU64"sv, "a Windows crash dump, which none of the readers is for"},
    {"PAGEDUMP"sv, "a Windows crash dump, which none of the readers is for"},
    {"EMiL"sv, "a LiME memory image, expected an ELF core or a kdump file"},
    {"\x1f\x8b"sv, "compressed by gzip: decompress it first"},
    {"\x28\xb5\x2f\xfd"sv, "compressed by zstd: decompress it first"},
    {"\xfd\x37zXZ"sv, "compressed by xz: decompress it first"},
    {"BZh"sv, "compressed by bzip2: decompress it first"},
};

void scan(const byte_source& file, dump_facts& facts) {
    char start[16] = {};
    const std::string_view bytes(start, file.read(0, start, sizeof start));
    facts.file_size = file.size();
    if (bytes.empty())
        throw not_a_dump("empty, expected an ELF core or a kdump file");
    if (bytes.substr(0, 4) == "\x7f"
                              "ELF") {
        facts.format = dump_format::elf;
        scan_elf(file, facts);
        return;
    }
    if (bytes.substr(0, 8) == "KDUMP   ") {
        facts.format = dump_format::kdump;
        scan_kdump(file, facts);
        return;
    }
    for (const other_kind& each : other_kinds)
        if (bytes.substr(0, each.start.size()) == each.start)
            throw not_a_dump(each.what);
    throw not_a_dump("no dump, expected an ELF core or a kdump file");
}

} // namespace

const char* name_of(architecture which) {
    switch (which) {
    case architecture::riscv64: return "riscv64";
    case architecture::riscv32: return "riscv32";
    case architecture::x86_64: return "x86_64";
    case architecture::i386: return "i386";
    case architecture::aarch64: return "aarch64";
    case architecture::arm: return "arm";
    case architecture::unknown: break;
    }
    return "unknown";
}

dump_facts examine(const byte_source& file) {
    dump_facts facts;
    if (!is_flattened(file)) {
        scan(file, facts);
        return facts;
    }
    const flattened_source rearranged(file);
    facts.flattened = true;
    facts.records = rearranged.records();
    facts.flattened_to_end = rearranged.complete();
    if (rearranged.size() == 0)
        throw not_a_dump(rearranged.complete() ? "flattened, but without a record"
                                               : "flattened, and cut off before its first record");
    try {
        scan(rearranged, facts);
    } catch (const not_a_dump& error) { // which may be only because the rest is missing
        throw rearranged.complete() ? error
                                    : not_a_dump(std::string("flattened, and cut off: ") + error.what());
    }
    return facts;
}

} // namespace vmcore::lint
