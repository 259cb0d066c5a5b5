// Our own note about a RISC-V hart.
//
// Core files of RISC-V machines have the general registers only, so that after a crash in firmware nobody can
// tell why the hart trapped, or where its page table is. This note has the rest. It tells its version, the
// size of its header and how many registers of each kind follow, so that a reader of today can read what
// tomorrow's writer appends. Values are 64 bits wide on riscv32 too: one layout serves both.

#include "models/dump/riscv_state_note.h"

#include <array>
#include <deque>
#include <optional>
#include <string>

namespace vmcore {

namespace {

constexpr uint32_t version = 1;
constexpr uint32_t header_size = 24;

constexpr riscv_csr single_csrs[] = {
    {"fcsr", 0x003},       {"sstatus", 0x100},  {"sie", 0x104},      {"stvec", 0x105},
    {"scounteren", 0x106}, {"senvcfg", 0x10a},  {"sscratch", 0x140}, {"sepc", 0x141},
    {"scause", 0x142},     {"stval", 0x143},    {"sip", 0x144},      {"stimecmp", 0x14d},
    {"satp", 0x180},       {"vsstatus", 0x200}, {"vsie", 0x204},     {"vstvec", 0x205},
    {"vsscratch", 0x240},  {"vsepc", 0x241},    {"vscause", 0x242},  {"vstval", 0x243},
    {"vsip", 0x244},       {"vsatp", 0x280},    {"mstatus", 0x300},  {"misa", 0x301},
    {"medeleg", 0x302},    {"mideleg", 0x303},  {"mie", 0x304},      {"mtvec", 0x305},
    {"mcounteren", 0x306}, {"menvcfg", 0x30a},  {"mstatush", 0x310}, {"mcountinhibit", 0x320},
    {"mscratch", 0x340},   {"mepc", 0x341},     {"mcause", 0x342},   {"mtval", 0x343},
    {"mip", 0x344},        {"mtinst", 0x34a},   {"mtval2", 0x34b},
};

constexpr riscv_csr csrs_behind_pmp[] = {
    {"scontext", 0x5a8}, {"hstatus", 0x600},    {"hedeleg", 0x602}, {"hideleg", 0x603},
    {"hie", 0x604},      {"hcounteren", 0x606}, {"htval", 0x643},   {"hip", 0x644},
    {"hvip", 0x645},     {"hgatp", 0x680},      {"mseccfg", 0x747}, {"tselect", 0x7a0},
    {"tdata1", 0x7a1},   {"tdata2", 0x7a2},     {"tdata3", 0x7a3},  {"mcontext", 0x7a8},
    {"mcycle", 0xb00},   {"minstret", 0xb02},   {"time", 0xc01},    {"mvendorid", 0xf11},
    {"marchid", 0xf12},  {"mimpid", 0xf13},     {"mhartid", 0xf14}, {"mconfigptr", 0xf15},
};

struct numbered_csrs {
    const char* prefix;
    uint16_t first;
    unsigned count;
};

constexpr numbered_csrs pmp_csrs[] = {{"pmpcfg", 0x3a0, 16}, {"pmpaddr", 0x3b0, 64}};

std::vector<riscv_csr> all_csrs() {
    static std::deque<std::string> made_names; // which the views of the result show
    std::vector<riscv_csr> all(std::begin(single_csrs), std::end(single_csrs));
    for (const numbered_csrs& row : pmp_csrs)
        for (unsigned i = 0; i < row.count; ++i) {
            made_names.push_back(row.prefix + std::to_string(i));
            all.push_back({made_names.back(), static_cast<uint16_t>(row.first + i)});
        }
    all.insert(all.end(), std::begin(csrs_behind_pmp), std::end(csrs_behind_pmp));
    return all;
}

constexpr unsigned float_registers = 32;

/// f0 to f31, or nothing when the hart has no floating point.
std::vector<uint64_t> read_float_registers(const cpu_context& cpu) {
    std::vector<uint64_t> values;
    for (unsigned number = 0; number < float_registers; ++number)
        if (const std::optional<uint64_t> value = cpu.register_value("f" + std::to_string(number)))
            values.push_back(*value);
    return values.size() == float_registers ? values : std::vector<uint64_t>();
}

} // namespace

const std::vector<riscv_csr>& riscv_csrs() {
    static const std::vector<riscv_csr> all = all_csrs();
    return all;
}

std::vector<uint8_t> build_riscv_state(const cpu_context& cpu, size_t index, byte_order order) {
    byte_sink csrs(order);
    uint32_t csr_count = 0;
    for (const riscv_csr& csr : riscv_csrs())
        if (const std::optional<uint64_t> value = cpu.register_value(csr.name)) {
            csrs.put(csr.number, 8);
            csrs.put(*value, 8);
            ++csr_count;
        }
    const std::vector<uint64_t> floats = read_float_registers(cpu);
    const std::optional<uint64_t> mode = cpu.register_value("priv");
    if (csr_count == 0 && floats.empty() && !mode)
        return {};

    byte_sink sink(order);
    sink.put(version, 4);
    sink.put(header_size, 4);
    sink.put(index + 1, 4);
    sink.put(mode.value_or(riscv_unknown_mode), 4);
    sink.put(csr_count, 4);
    sink.put(floats.size(), 4);
    sink.put_bytes(csrs.bytes().data(), csrs.size());
    for (const uint64_t value : floats)
        sink.put(value, 8);
    return sink.bytes();
}

} // namespace vmcore
