// What gdb must be told to show f0 to f31.
//
// Whether a hart has floating point gdb concludes from the ABI of the program that it debugs. Kernels and
// firmware have the one without, whatever the hart has, and gdb then complains about NT_PRFPREG and shows no
// float register. A target description in the core decides it.

#include "models/dump/riscv_gdb_note.h"

#include <array>
#include <string>

namespace vmcore {

namespace {

constexpr std::array<const char*, 32> general_names = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "fp", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
    "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

constexpr std::array<const char*, 32> float_names = {
    "ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1", "fa0",
    "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4", "fs5",
    "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};

std::string element(const std::string& name, unsigned bits, const std::string& attributes = "") {
    return "<reg name=\"" + name + "\" bitsize=\"" + std::to_string(bits) + "\"" + attributes + "/>\n";
}

std::string description(unsigned bits) {
    std::string text = "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target>\n"
                       "<architecture>riscv:rv" +
                       std::to_string(bits) + "</architecture>\n<feature name=\"org.gnu.gdb.riscv.cpu\">\n";
    for (const char* name : general_names)
        text += element(name, bits);
    text +=
        element("pc", bits, " type=\"code_ptr\"") + "</feature>\n<feature name=\"org.gnu.gdb.riscv.fpu\">\n";
    for (const char* name : float_names)
        text += element(name, 64, " type=\"ieee_double\"");
    return text + element("fcsr", 32) + "</feature>\n</target>\n";
}

std::vector<uint8_t> descriptor(unsigned bits, const cpu_context& cpu, size_t index) {
    if (index != 0 || !cpu.register_value("f0"))
        return {};
    const std::string text = description(bits);
    return {text.c_str(), text.c_str() + text.size() + 1};
}

} // namespace

std::vector<uint8_t> build_riscv64_gdb_description(const cpu_context& cpu, size_t index, byte_order) {
    return descriptor(64, cpu, index);
}

std::vector<uint8_t> build_riscv32_gdb_description(const cpu_context& cpu, size_t index, byte_order) {
    return descriptor(32, cpu, index);
}

} // namespace vmcore
