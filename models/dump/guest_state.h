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

    /// In the order of the target's NT_PRSTATUS; riscv64 and riscv32: pc, then x1 to x31; x86_64: r15, r14,
    /// r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs, eflags, rsp, ss,
    /// fs_base, gs_base, ds, es, fs, gs.
    virtual std::vector<uint64_t> general_registers() const = 0;

    /// One register by the name that the architecture gives it, in lower case, for example "satp" or "cr3".
    /// None: there is no such register here.
    virtual std::optional<uint64_t> register_value(std::string_view name) const {
        (void)name;
        return std::nullopt;
    }
};

} // namespace vmcore
