#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace vmcore {

/// A block of guest-physical memory that belongs into a dump: RAM or ROM, never device registers.
struct memory_range {
    uint64_t base = 0; ///< guest-physical address of the first byte
    uint64_t size = 0; ///< bytes
    const uint8_t* host =
        nullptr; ///< all `size` bytes in host memory, or null: go through guest_memory::read
};

/// Guest-physical memory as the dump engine sees it: without simulated time and without side effects.
class guest_memory {
public:
    virtual ~guest_memory() = default;

    /// What a dump holds, in ascending physical order and without overlaps. Host pointers stay valid until
    /// the simulation goes on.
    virtual std::vector<memory_range> ranges() const = 0;

    /// Copies `length` bytes from `paddr` on. Bytes that nothing is mapped at, also those past the last
    /// address 2^64 - 1, become 0. Returns how many bytes were mapped.
    virtual uint64_t read(uint64_t paddr, void* to, uint64_t length) const = 0;
};

/// The architectural registers of one CPU.
class cpu_context {
public:
    virtual ~cpu_context() = default;

    /// A register by the name that its architecture gives it, in lower case; none when the CPU has no such
    /// register, or it is not known. These names have a place in a dump:
    ///
    /// * riscv64, riscv32: pc, x1 to x31, the CSRs of riscv_csrs(), f0 to f31, and priv, the privilege mode
    ///   (0 user, 1 supervisor, 3 machine);
    /// * x86_64, i386, whose registers have their 64-bit names in either: rax to r15, rip, rflags, orig_rax;
    ///   of cs, ds, es, fs, gs, ss, ldt, tr, gdt and idt the selector under that name, and cs.base, cs.limit
    ///   and cs.flags (bits 8 to 23 of the descriptor's upper word) and so on; cr0 to cr4, efer and
    ///   kernel_gs_base;
    /// * aarch64: x0 to x30, sp, pc, pstate, fpsr, fpcr, and v0.lo and v0.hi, the halves of a vector
    ///   register, to v31.hi;
    /// * arm: r0 to r12, sp, lr, pc, cpsr, d0 to d31, fpscr.
    virtual std::optional<uint64_t> register_value(std::string_view name) const = 0;
};

} // namespace vmcore
