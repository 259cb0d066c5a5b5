#include "models/riscv/isa.h"

#include <utility>

namespace vmcore::riscv {

using letter = std::pair<bool, char>;

static std::string single_letters(const isa& of) {
    std::string all = "i";
    for (const auto& [has, name] : {letter{of.m, 'm'}, {of.a, 'a'}, {of.f, 'f'}, {of.d, 'd'}, {of.c, 'c'}})
        if (has)
            all += name;
    return all;
}

/// Those of more than one letter, in the canonical order of the unprivileged ISA, chapter "ISA Extension
/// Naming Conventions", with the parts of the single letters that have names of their own.
static std::vector<std::string> named(const isa& of) {
    const std::pair<bool, const char*> all[] = {
        {of.zicbom, "zicbom"}, {of.zicboz, "zicboz"},     {of.zicntr, "zicntr"},
        {true, "zicsr"},       {true, "zifencei"},        {of.m, "zmmul"},
        {of.a, "zaamo"},       {of.a, "zalrsc"},          {of.c, "zca"},
        {of.c && of.d, "zcd"}, {of.zba, "zba"},           {of.zbb, "zbb"},
        {of.zbs, "zbs"},       {of.s && of.sstc, "sstc"}, {of.s && of.svadu, "svadu"}};
    std::vector<std::string> result;
    for (const auto& [has, name] : all)
        if (has)
            result.emplace_back(name);
    return result;
}

uint64_t isa::misa() const {
    uint64_t bits = uint64_t(2) << 62; // MXL: 64 bit
    std::string letters = single_letters(*this);
    for (const auto& [has, name] : {letter{s, 's'}, {u, 'u'}})
        if (has)
            letters += name;
    for (const char each : letters)
        bits |= uint64_t(1) << (each - 'a');
    return bits;
}

std::string isa::name() const {
    std::string result = "rv64" + single_letters(*this);
    for (const std::string& each : named(*this))
        result += "_" + each;
    return result;
}

std::vector<std::string> isa::extensions() const {
    std::vector<std::string> result;
    for (const char each : single_letters(*this))
        result.emplace_back(1, each);
    for (std::string& each : named(*this))
        result.push_back(std::move(each));
    return result;
}

std::string isa::mmu_type() const {
    switch (translation) {
    case virtual_memory::sv39: return "riscv,sv39";
    case virtual_memory::sv48: return "riscv,sv48";
    case virtual_memory::sv57: return "riscv,sv57";
    default: return "riscv,none";
    }
}

} // namespace vmcore::riscv
