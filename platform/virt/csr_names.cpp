// Names of CSRs: those that a dump tells of, and what is left of the RISC-V Instruction Set Manual, volume
// II, "CSR Listing".

#include "platform/virt/csr_names.h"

#include "models/dump/riscv_state_note.h"

namespace vmcore::virt {

namespace {

constexpr riscv_csr more_csrs[] = {
    {"fflags", 0x001},      {"frm", 0x002},       {"vstart", 0x008},    {"vxsat", 0x009},
    {"vxrm", 0x00a},        {"vcsr", 0x00f},      {"seed", 0x015},      {"jvt", 0x017},
    {"sstateen0", 0x10c},   {"sstateen1", 0x10d}, {"sstateen2", 0x10e}, {"sstateen3", 0x10f},
    {"siselect", 0x150},    {"sireg", 0x151},     {"stopei", 0x15c},    {"stopi", 0xdb0},
    {"scountovf", 0xda0},   {"mvien", 0x308},     {"mvip", 0x309},      {"mstateen0", 0x30c},
    {"mstateen1", 0x30d},   {"mstateen2", 0x30e}, {"mstateen3", 0x30f}, {"mcyclecfg", 0x321},
    {"minstretcfg", 0x322}, {"miselect", 0x350},  {"mireg", 0x351},     {"mtopei", 0x35c},
    {"mtopi", 0xfb0},       {"tinfo", 0x7a4},     {"tcontrol", 0x7a5},  {"mscontext", 0x7aa},
    {"dcsr", 0x7b0},        {"dpc", 0x7b1},       {"dscratch0", 0x7b2}, {"dscratch1", 0x7b3},
    {"vl", 0xc20},          {"vtype", 0xc21},     {"vlenb", 0xc22},     {"cycle", 0xc00},
    {"instret", 0xc02},
};

struct row {
    const char* prefix;
    unsigned first;
    unsigned count;
    unsigned number_from;
};

constexpr row rows[] = {
    {"mhpmevent", 0x323, 29, 3}, {"mhpmcounter", 0xb03, 29, 3}, {"hpmcounter", 0xc03, 29, 3}};

} // namespace

std::string csr_name(unsigned number) {
    for (const riscv_csr& each : riscv_csrs())
        if (each.number == number)
            return std::string(each.name);
    for (const riscv_csr& each : more_csrs)
        if (each.number == number)
            return std::string(each.name);
    for (const row& each : rows)
        if (number >= each.first && number - each.first < each.count)
            return each.prefix + std::to_string(number - each.first + each.number_from);
    return "csr" + std::to_string(number);
}

} // namespace vmcore::virt
