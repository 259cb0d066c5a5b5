#include "lint/readers.h"

#include <algorithm>
#include <stdexcept>

namespace vmcore::lint {

namespace {

/// One bit for each architecture, `unknown` included.
constexpr unsigned bit(architecture which) {
    return 1u << static_cast<unsigned>(which);
}
constexpr unsigned any = ~0u;
constexpr unsigned riscv64 = bit(architecture::riscv64), x86_64 = bit(architecture::x86_64),
                   i386 = bit(architecture::i386),
                   foreign = bit(architecture::i386) | bit(architecture::aarch64) | bit(architecture::arm);
constexpr unsigned elf = 1, kdump = 2;

struct row {
    reader which;
    unsigned formats;
    unsigned architectures;
    capability able;
};

/// The first row that fits counts; where none does, the reader has no such architecture.
const row rows[] = {
    {reader::gdb, elf, any, {"13.1", ""}},
    {reader::gdb, kdump, any, {nullptr, "reads ELF cores only"}},
    {reader::crash, elf | kdump, x86_64, {"8.0.2", ""}},
    {reader::crash,
     elf | kdump,
     foreign,
     {"8.0.2", "in a build for this architecture; Debian's is for its own"}},
    {reader::crash, elf | kdump, riscv64, {"8.0.6", "Debian 12's 8.0.2 does not know riscv64 (from 8.0.3)"}},
    {reader::drgn, kdump, riscv64, {"0.0.31", "Debian 12's 0.0.22 does not know kdump files of riscv64"}},
    {reader::drgn, elf | kdump, any, {"0.0.22", ""}},
    {reader::makedumpfile, elf | kdump, x86_64, {"1.7.2", ""}},
    {reader::makedumpfile,
     elf | kdump,
     foreign,
     {"1.7.2", "in a build for this architecture; Debian's is for its own"}},
    {reader::makedumpfile,
     elf | kdump,
     riscv64,
     {"1.7.6", "Debian 12's 1.7.2 does not know riscv64 (from 1.7.4)"}},
    {reader::libkdumpfile, elf | kdump, any, {"0.5.1", ""}},
    {reader::eu_readelf, elf, any, {"0.188", ""}},
    {reader::eu_readelf, kdump, any, {nullptr, "reads ELF files only"}},
    {reader::readelf, elf, any, {"2.40", ""}},
    {reader::readelf, kdump, any, {nullptr, "reads ELF files only"}},
    {reader::volatility3, elf, x86_64 | i386, {"2", "not in Debian 12"}},
    {reader::volatility3, kdump, any, {nullptr, "reads no kdump files"}},
};

} // namespace

const char* name_of(verdict what) {
    switch (what) {
    case verdict::yes: return "yes";
    case verdict::partly: return "partly";
    case verdict::no: return "no";
    case verdict::unsupported: break;
    }
    return "unsupported";
}

const std::vector<reader_info>& readers() {
    static const std::vector<reader_info> all = {
        {reader::gdb, "gdb"},
        {reader::crash, "crash"},
        {reader::drgn, "drgn"},
        {reader::makedumpfile, "makedumpfile"},
        {reader::libkdumpfile, "libkdumpfile"},
        {reader::eu_readelf, "eu-readelf"},
        {reader::readelf, "readelf"},
        {reader::volatility3, "volatility3"},
    };
    return all;
}

reader find_reader(std::string_view name) {
    std::string names;
    for (const reader_info& each : readers()) {
        if (name == each.name)
            return each.which;
        names += (names.empty() ? "" : ", ") + std::string(each.name);
    }
    throw std::runtime_error("no reader '" + std::string(name) + "', expected one of " + names);
}

const std::string& vmcoreinfo_for(reader which, const dump_facts& facts) {
    const bool by_sub_header = which == reader::crash || which == reader::makedumpfile;
    const bool has_two = facts.format == dump_format::kdump && facts.kdump.version >= 4;
    return !has_two ? facts.vmcoreinfo() : by_sub_header ? facts.kdump.vmcoreinfo : facts.notes.vmcoreinfo;
}

capability capability_of(reader which, const dump_facts& facts) {
    const unsigned format = facts.format == dump_format::elf ? elf : kdump;
    const auto found = std::find_if(std::begin(rows), std::end(rows), [&](const row& each) {
        return each.which == which && (each.formats & format) != 0 &&
               (each.architectures & bit(facts.arch)) != 0;
    });
    return found == std::end(rows) ? capability{nullptr, "knows no such architecture"} : found->able;
}

} // namespace vmcore::lint
