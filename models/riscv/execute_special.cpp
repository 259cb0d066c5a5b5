#include "models/riscv/core.h"

#include <algorithm>

// Instructions that the interpreter's loop hands over: accesses that no host pointer serves, atomics, CSRs
// and the privileged ones. Each ends in exactly one of retire() and raise(), or, when the hart was reset
// while a transaction was under way, in neither.

namespace vmcore::riscv {

namespace {

uint64_t sign_extend(uint64_t value, unsigned size) {
    const unsigned shift = 64 - 8 * size;
    return static_cast<uint64_t>(static_cast<int64_t>(value << shift) >> shift);
}

/// What an AMO stores. Both operands are sign-extended, which keeps the order of unsigned words, too.
uint64_t combine(unsigned function, uint64_t memory, uint64_t operand) {
    const auto a = static_cast<int64_t>(memory);
    const auto b = static_cast<int64_t>(operand);
    switch (function) {
    case amo_add: return memory + operand;
    case amo_swap: return operand;
    case amo_xor: return memory ^ operand;
    case amo_or: return memory | operand;
    case amo_and: return memory & operand;
    case amo_min: return static_cast<uint64_t>(std::min(a, b));
    case amo_max: return static_cast<uint64_t>(std::max(a, b));
    case amo_minu: return std::min(memory, operand);
    default: return std::max(memory, operand);
    }
}

} // namespace

void core::perform(const op& from) {
    const op what = from; // a transaction may end in the block being forgotten
    switch (what.code) {
    case opcode::lb: return perform_load(what, 1, true);
    case opcode::lh: return perform_load(what, 2, true);
    case opcode::lw: return perform_load(what, 4, true);
    case opcode::ld: return perform_load(what, 8, true);
    case opcode::lbu: return perform_load(what, 1, false);
    case opcode::lhu: return perform_load(what, 2, false);
    case opcode::lwu: return perform_load(what, 4, false);
    case opcode::sb: return perform_store(what, 1);
    case opcode::sh: return perform_store(what, 2);
    case opcode::sw: return perform_store(what, 4);
    case opcode::sd: return perform_store(what, 8);
    case opcode::lr_w: return load_reserved(what, 4);
    case opcode::lr_d: return load_reserved(what, 8);
    case opcode::sc_w: return store_conditional(what, 4);
    case opcode::sc_d: return store_conditional(what, 8);
    case opcode::amo_w: return atomic(what, 4);
    case opcode::amo_d: return atomic(what, 8);
    case opcode::csr: return perform_csr(what);
    case opcode::ecall: return raise(m_mode == privilege::user ? cause::user_call : cause::machine_call, 0);
    case opcode::ebreak: return raise(cause::breakpoint, m_pc);
    case opcode::mret: return return_from_trap(what);
    case opcode::wfi: return wait_for_interrupt(what);
    case opcode::sfence_vma: // nothing to fence without translation; QEMU accepts it in M mode all the same
        if (m_mode == privilege::user)
            return raise(cause::illegal_instruction, static_cast<uint64_t>(what.imm));
        return retire(m_pc + what.length);
    case opcode::fence_i: m_blocks.fence(); return retire(m_pc + what.length);
    default: return raise(cause::illegal_instruction, static_cast<uint64_t>(what.imm));
    }
}

/// Whether an access went through; takes the trap when the bus refused it. An access to a device ends the run
/// when it may have changed an interrupt line: a store always, a load when such interrupts are enabled.
bool core::check(const memory_port::result& answer, cause when_refused) {
    if (answer.device && (when_refused == cause::store_access || m_csr.device_interrupts_enabled()))
        leave();
    if (answer.answer == outcome::refused)
        raise(when_refused, answer.fault_address);
    return answer.answer == outcome::done;
}

bool core::read_memory(uint64_t address, unsigned size, uint64_t& value, cause when_refused) {
    uint8_t bytes[8] = {};
    uint64_t time = local_time();
    const memory_port::result answer = m_memory.read(address, bytes, size, time);
    set_local_time(time);
    std::memcpy(&value, bytes, sizeof value);
    if (answer.answer == outcome::done)
        m_debug.note(access::load, address, size);
    return check(answer, when_refused);
}

bool core::write_memory(uint64_t address, unsigned size, uint64_t value) {
    uint8_t bytes[8];
    std::memcpy(bytes, &value, sizeof value);
    uint64_t time = local_time();
    const memory_port::result answer = m_memory.write(address, bytes, size, time);
    set_local_time(time);
    if (answer.answer == outcome::done)
        m_debug.note(access::store, address, size);
    return check(answer, cause::store_access);
}

void core::perform_load(const op& what, unsigned size, bool is_signed) {
    uint64_t value = 0;
    if (!read_memory(m_x[what.rs1] + static_cast<uint64_t>(what.imm), size, value, cause::load_access))
        return;
    m_x[what.rd] = is_signed ? sign_extend(value, size) : value;
    retire(m_pc + what.length);
}

void core::perform_store(const op& what, unsigned size) {
    if (write_memory(m_x[what.rs1] + static_cast<uint64_t>(what.imm), size, m_x[what.rs2]))
        retire(m_pc + what.length);
}

void core::load_reserved(const op& what, unsigned size) {
    const uint64_t address = m_x[what.rs1];
    uint64_t value = 0;
    if (address % size != 0)
        return raise(cause::load_misaligned, address);
    if (!read_memory(address, size, value, cause::load_access))
        return;
    m_reserved = address;
    m_reserved_value = m_x[what.rd] = sign_extend(value, size);
    retire(m_pc + what.length);
}

/// Succeeds when the address is the one reserved and memory there still has the value that LR saw. An address
/// that is not reserved is not looked at, so a misaligned one does not trap - but, as in QEMU, the address of
/// all ones, which stands for no reservation.
void core::store_conditional(const op& what, unsigned size) {
    const uint64_t address = m_x[what.rs1];
    const uint64_t operand = m_x[what.rs2];
    bool success = false;
    if (address == m_reserved) {
        if (address % size != 0)
            return raise(misaligned_atomic(), address);
        uint64_t value = 0;
        if (!read_memory(address, size, value, cause::store_access))
            return;
        success = sign_extend(value, size) == m_reserved_value;
        if (success && !write_memory(address, size, operand))
            return;
    }
    m_reserved = no_reservation;
    m_x[what.rd] = success ? 0 : 1;
    retire(m_pc + what.length);
}

void core::atomic(const op& what, unsigned size) {
    const uint64_t address = m_x[what.rs1];
    const uint64_t operand = sign_extend(m_x[what.rs2], size);
    uint64_t value = 0;
    if (address % size != 0)
        return raise(misaligned_atomic(), address);
    if (!read_memory(address, size, value, cause::store_access))
        return;
    value = sign_extend(value, size);
    if (!write_memory(address, size, combine(static_cast<unsigned>(what.imm), value, operand)))
        return;
    m_x[what.rd] = value;
    retire(m_pc + what.length);
}

/// funct3: 1 write, 2 set, 3 clear; 4 more takes the rs1 field as an immediate. Setting and clearing with
/// x0, or with 0 as an immediate, only reads.
void core::perform_csr(const op& what) {
    const auto bits = static_cast<uint32_t>(what.imm);
    const unsigned number = bits >> 20;
    const unsigned field = bits >> 15 & 31;
    const unsigned form = bits >> 12 & 3;
    const bool writes = form == 1 || field != 0;
    if (!m_csr.permits(number, writes, m_mode))
        return raise(cause::illegal_instruction, bits);
    const uint64_t operand = (bits >> 14 & 1) != 0 ? field : m_x[field];
    const uint64_t old = m_csr.read(number);
    if (writes)
        m_csr.write(number, form == 1 ? operand : form == 2 ? old | operand : old & ~operand);
    m_x[what.rd] = old;
    retire(m_pc + what.length);
}

void core::return_from_trap(const op& what) {
    if (m_mode != privilege::machine)
        return raise(cause::illegal_instruction, static_cast<uint64_t>(what.imm));
    privilege mode = m_mode;
    retire(m_csr.leave_trap(mode));
    set_mode(mode);
}

/// Continues at once when an enabled interrupt is pending, whether it will be taken or not.
void core::wait_for_interrupt(const op& what) {
    if (m_mode == privilege::user && m_csr.timeout_wait())
        return raise(cause::illegal_instruction, static_cast<uint64_t>(what.imm));
    retire(m_pc + what.length);
    m_waiting = m_csr.pending_and_enabled() == 0;
    if (m_waiting)
        leave();
}

} // namespace vmcore::riscv
