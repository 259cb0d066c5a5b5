#pragma once

#include <cstdint>

/// Encoders for the instructions that tests are written with.
namespace vmcore::test {

constexpr unsigned zero = 0, ra = 1, sp = 2, t0 = 5, t1 = 6, t2 = 7, a0 = 10, a1 = 11, a2 = 12, a3 = 13;

constexpr uint32_t i_type(unsigned major, unsigned funct3, unsigned rd, unsigned rs1, int32_t imm) {
    return static_cast<uint32_t>(imm) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | major;
}
constexpr uint32_t r_type(unsigned major, unsigned funct3, unsigned funct7, unsigned rd, unsigned rs1,
                          unsigned rs2) {
    return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | major;
}
constexpr uint32_t store(unsigned funct3, unsigned rs2, unsigned rs1, int32_t imm) {
    const auto bits = static_cast<uint32_t>(imm);
    return (bits >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (bits & 31) << 7 | 0x23;
}
constexpr uint32_t branch(unsigned funct3, unsigned rs1, unsigned rs2, int32_t distance) {
    const auto bits = static_cast<uint32_t>(distance);
    return (bits >> 12 & 1) << 31 | (bits >> 5 & 0x3f) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 |
           (bits >> 1 & 15) << 8 | (bits >> 11 & 1) << 7 | 0x63;
}
constexpr uint32_t jal(unsigned rd, int32_t distance) {
    const auto bits = static_cast<uint32_t>(distance);
    return (bits >> 20 & 1) << 31 | (bits >> 1 & 0x3ff) << 21 | (bits >> 11 & 1) << 20 | (bits & 0xff000) |
           rd << 7 | 0x6f;
}
constexpr uint32_t addi(unsigned rd, unsigned rs1, int32_t imm) {
    return i_type(0x13, 0, rd, rs1, imm);
}
constexpr uint32_t slli(unsigned rd, unsigned rs1, unsigned n) {
    return i_type(0x13, 1, rd, rs1, static_cast<int>(n));
}
constexpr uint32_t add(unsigned rd, unsigned rs1, unsigned rs2) {
    return r_type(0x33, 0, 0, rd, rs1, rs2);
}
constexpr uint32_t lui(unsigned rd, uint32_t upper) {
    return upper << 12 | rd << 7 | 0x37;
}
constexpr uint32_t auipc(unsigned rd, uint32_t upper) {
    return upper << 12 | rd << 7 | 0x17;
}
constexpr uint32_t jalr(unsigned rd, unsigned rs1, int32_t imm) {
    return i_type(0x67, 0, rd, rs1, imm);
}
constexpr uint32_t load(unsigned funct3, unsigned rd, unsigned rs1, int32_t imm) {
    return i_type(0x03, funct3, rd, rs1, imm);
}
constexpr uint32_t lb(unsigned rd, unsigned rs1, int32_t imm) {
    return load(0, rd, rs1, imm);
}
constexpr uint32_t lh(unsigned rd, unsigned rs1, int32_t imm) {
    return load(1, rd, rs1, imm);
}
constexpr uint32_t lw(unsigned rd, unsigned rs1, int32_t imm) {
    return load(2, rd, rs1, imm);
}
constexpr uint32_t ld(unsigned rd, unsigned rs1, int32_t imm) {
    return load(3, rd, rs1, imm);
}
constexpr uint32_t sw(unsigned rs2, unsigned rs1, int32_t imm) {
    return store(2, rs2, rs1, imm);
}
constexpr uint32_t sd(unsigned rs2, unsigned rs1, int32_t imm) {
    return store(3, rs2, rs1, imm);
}
constexpr uint32_t amo(unsigned function, unsigned funct3, unsigned rd, unsigned rs1, unsigned rs2) {
    return r_type(0x2f, funct3, function << 2, rd, rs1, rs2);
}
constexpr uint32_t csrrw(unsigned rd, unsigned number, unsigned rs1) {
    return i_type(0x73, 1, rd, rs1, static_cast<int>(number));
}
constexpr uint32_t csrrs(unsigned rd, unsigned number, unsigned rs1) {
    return i_type(0x73, 2, rd, rs1, static_cast<int>(number));
}
constexpr uint32_t csrrsi(unsigned rd, unsigned number, unsigned imm) {
    return i_type(0x73, 6, rd, imm, static_cast<int>(number));
}
constexpr uint32_t nop = 0x00000013, ecall = 0x00000073, ebreak = 0x00100073, mret = 0x30200073,
                   wfi = 0x10500073, fence_i = 0x0000100f, sret = 0x10200073;

constexpr uint32_t sfence_vma(unsigned rs1, unsigned rs2) {
    return r_type(0x73, 0, 9, 0, rs1, rs2);
}

constexpr unsigned mstatus = 0x300, mie = 0x304, mtvec = 0x305, mcounteren = 0x306, mscratch = 0x340,
                   mepc = 0x341, mcause = 0x342, mtval = 0x343, mip = 0x344, mcycle = 0xb00, minstret = 0xb02,
                   time_csr = 0xc01;
constexpr unsigned sstatus = 0x100, sie = 0x104, stvec = 0x105, sscratch = 0x140, sepc = 0x141,
                   scause = 0x142, stval = 0x143, sip = 0x144, stimecmp = 0x14d, satp = 0x180,
                   medeleg = 0x302, mideleg = 0x303, menvcfg = 0x30a, pmpcfg0 = 0x3a0, pmpaddr0 = 0x3b0;

} // namespace vmcore::test
