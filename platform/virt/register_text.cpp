// A hart's registers as text. QEMU lists the hypervisor's besides, which our harts do not have.

#include "platform/virt/register_text.h"

#include <array>
#include <cstdio>

namespace vmcore::virt {

namespace {

struct named_csr {
    const char* name;
    unsigned number;
};

/// In QEMU's order.
constexpr named_csr listed_csrs[] = {
    {"mhartid", 0xf14},  {"mstatus", 0x300}, {"mip", 0x344},   {"mie", 0x304},   {"mideleg", 0x303},
    {"medeleg", 0x302},  {"mtvec", 0x305},   {"stvec", 0x105}, {"mepc", 0x341},  {"sepc", 0x141},
    {"mcause", 0x342},   {"scause", 0x142},  {"mtval", 0x343}, {"stval", 0x143}, {"mscratch", 0x340},
    {"sscratch", 0x140}, {"satp", 0x180},
};

/// Names of x0 to x31 in the calling convention.
constexpr std::array<const char*, 32> convention_names = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
    "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

std::string column(const std::string& name, uint64_t value) {
    char text[64];
    std::snprintf(text, sizeof text, " %-8s %016llx", name.c_str(), static_cast<unsigned long long>(value));
    return text;
}

} // namespace

std::string describe_registers(const hart& described) {
    std::string text = column("pc", described.pc()) + "\n";
    for (const named_csr& each : listed_csrs)
        if (const std::optional<uint64_t> value = described.csr(each.number))
            text += column(each.name, *value) + "\n";
    for (unsigned i = 0; i < convention_names.size(); ++i) {
        const std::string name = "x" + std::to_string(i) + "/" + convention_names[i];
        text += column(name, described.x(i)) + (i % 4 == 3 ? "\n" : "");
    }
    return text;
}

std::optional<uint64_t> find_register(const hart& asked, const std::string& name) {
    if (name == "pc")
        return asked.pc();
    if (name == "fp")
        return asked.x(8);
    for (unsigned i = 0; i < convention_names.size(); ++i)
        if (name == convention_names[i] || name == "x" + std::to_string(i))
            return asked.x(i);
    for (const named_csr& each : listed_csrs)
        if (name == each.name)
            return asked.csr(each.number);
    return std::nullopt;
}

} // namespace vmcore::virt
