#include "models/riscv/core.h"
#include "models/riscv/fuse.h"

#include <algorithm>

// Instructions that the interpreter's loop hands over: accesses that no host pointer serves, atomics, CSRs,
// the privileged ones, and those of the floating-point unit while its state is not dirty. Each ends in
// exactly one of retire() and raise(), or, when the hart was reset while a transaction was under way, in
// neither.

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
    op what = from; // a copy, for a transaction may end in the block being forgotten
    what.code = single(what.code);
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
    case opcode::flw: return perform_float_load(what, 4);
    case opcode::fld: return perform_float_load(what, 8);
    case opcode::fsw: return perform_float_store(what, 4);
    case opcode::fsd: return perform_float_store(what, 8);
    case opcode::float_op: return perform_float_operation(what);
    case opcode::csr: return perform_csr(what);
    case opcode::cbo_zero: return zero_cache_block(what);
    case opcode::cbo_clean:
    case opcode::cbo_flush:
    case opcode::cbo_inval: return cache_block_operation(what);
    case opcode::ecall: return call_environment();
    case opcode::ebreak: return raise(cause::breakpoint, m_pc);
    case opcode::mret: return return_from_machine_trap(what);
    case opcode::sret: return return_from_supervisor_trap(what);
    case opcode::wfi: return wait_for_interrupt(what);
    case opcode::sfence_vma: return fence_translations(what);
    case opcode::fence_i: m_blocks.fence(); return retire(m_pc + what.length);
    default: return raise(cause::illegal_instruction, static_cast<uint64_t>(what.imm));
    }
}

void core::perform_load(const op& what, unsigned size, bool is_signed) {
    uint64_t value = 0;
    if (!read_memory(as_load, m_x[what.rs1] + static_cast<uint64_t>(what.imm), size, value))
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
    if (!read_memory(as_load, address, size, value))
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
        if (!read_memory(as_store, address, size, value))
            return;
        success = sign_extend(value, size) == m_reserved_value;
        if (success && !write_memory(address, size, operand))
            return;
    }
    m_reserved = no_reservation;
    m_x[what.rd] = success ? 0 : 1;
    retire(m_pc + what.length);
}

/// QEMU with one hart carries out an AMO as a load and then a store, each of which is checked when its turn
/// comes; with several, the page must permit both to begin with.
void core::atomic(const op& what, unsigned size) {
    const uint64_t address = m_x[what.rs1];
    const uint64_t operand = sign_extend(m_x[what.rs2], size);
    uint64_t value = 0;
    if (address % size != 0)
        return raise(misaligned_atomic(), address);
    uint64_t physical = 0;
    if (!m_config.sole_hart && !translate(as_store, address, size, physical))
        return;
    if (!read_memory(as_atomic_load, address, size, value))
        return;
    value = sign_extend(value, size);
    if (!write_memory(address, size, combine(static_cast<unsigned>(what.imm), value, operand)))
        return;
    m_x[what.rd] = value;
    retire(m_pc + what.length);
}

void core::perform_float_load(const op& what, unsigned size) {
    if (!m_csr.float_enabled())
        return raise(cause::illegal_instruction, float_access::bits(what.imm));
    const uint64_t address = m_x[what.rs1] + float_access::offset(static_cast<uint64_t>(what.imm));
    uint64_t value = 0;
    if (!read_memory(as_load, address, size, value))
        return;
    m_float.f[what.rd] = size == 4 ? nan_box(static_cast<uint32_t>(value)) : value;
    m_csr.set_float_dirty();
    retire(m_pc + what.length);
}

void core::perform_float_store(const op& what, unsigned size) {
    if (!m_csr.float_enabled())
        return raise(cause::illegal_instruction, float_access::bits(what.imm));
    const uint64_t address = m_x[what.rs1] + float_access::offset(static_cast<uint64_t>(what.imm));
    if (write_memory(address, size, m_float.f[what.rs2]))
        retire(m_pc + what.length);
}

void core::perform_float_operation(const op& what) {
    const auto bits = static_cast<uint32_t>(what.imm);
    if (!m_csr.float_enabled() || !perform_float(bits, m_float, m_x.data()))
        return raise(cause::illegal_instruction, bits);
    if (writes_float_register(bits))
        m_csr.set_float_dirty();
    retire(m_pc + what.length);
}

/// funct3: 1 write, 2 set, 3 clear; 4 more takes the rs1 field as an immediate. Setting and clearing with
/// x0, or with 0 as an immediate, only reads. As in QEMU, neither does a register that holds 0 write, though
/// it needs the right to.
void core::perform_csr(const op& what) {
    const auto bits = static_cast<uint32_t>(what.imm);
    const unsigned number = bits >> 20;
    const unsigned field = bits >> 15 & 31;
    const unsigned form = bits >> 12 & 3;
    if (!m_csr.permits(number, form == 1 || field != 0, m_mode))
        return raise(cause::illegal_instruction, bits);
    const uint64_t operand = (bits >> 14 & 1) != 0 ? field : m_x[field];
    const uint64_t shown = m_csr.read(number, m_mode);
    if (form == 1 || operand != 0) {
        const uint64_t old = m_csr.read_to_change(number);
        switch (m_csr.write(number, form == 1 ? operand : form == 2 ? old | operand : old & ~operand)) {
        case csr_file::effect::none: break;
        case csr_file::effect::context: update_context(); break;
        case csr_file::effect::translation: m_tlb.flush(); break;
        }
    }
    m_x[what.rd] = shown;
    retire(m_pc + what.length);
}

void core::call_environment() {
    switch (m_mode) {
    case privilege::user: return raise(cause::user_call, 0);
    case privilege::supervisor: return raise(cause::supervisor_call, 0);
    default: return raise(cause::machine_call, 0);
    }
}

/// As in QEMU, a return to a mode that physical memory protection permits nothing faults itself.
void core::return_from_machine_trap(const op& what) {
    if (m_mode != privilege::machine)
        return raise(cause::illegal_instruction, static_cast<uint64_t>(what.imm));
    if (m_csr.previous_mode() != privilege::machine && m_csr.protection().denies_all())
        return raise(cause::fetch_access, m_csr.read(csr_mepc));
    commit(1);
    go_on(m_csr.leave_machine_trap());
}

void core::return_from_supervisor_trap(const op& what) {
    const bool trapped = m_mode == privilege::supervisor && (m_csr.status() & mstatus::tsr) != 0;
    if (m_mode == privilege::user || trapped)
        return raise(cause::illegal_instruction, static_cast<uint64_t>(what.imm));
    commit(1);
    go_on(m_csr.leave_supervisor_trap());
}

/// Continues at once when an enabled interrupt is pending, whether it will be taken or not. U mode may wait
/// only where there is no S mode.
void core::wait_for_interrupt(const op& what) {
    const bool has_supervisor = m_config.implements.s;
    const bool limited = m_mode != privilege::machine && (m_csr.status() & mstatus::tw) != 0;
    if (limited || (m_mode == privilege::user && has_supervisor))
        return raise(cause::illegal_instruction, static_cast<uint64_t>(what.imm));
    retire(m_pc + what.length);
    m_waiting = m_csr.pending_and_enabled() == 0;
    if (m_waiting)
        leave();
}

/// rs1, unless it is x0, is an address. The address space identifier in rs2 is not looked at: all are fenced.
void core::fence_translations(const op& what) {
    const bool trapped = m_mode == privilege::supervisor && (m_csr.status() & mstatus::tvm) != 0;
    if (m_mode == privilege::user || trapped)
        return raise(cause::illegal_instruction, static_cast<uint64_t>(what.imm));
    if (what.rs1 == 0)
        m_tlb.flush_mapped();
    else
        m_tlb.flush_address(m_x[what.rs1]);
    retire(m_pc + what.length);
}

/// There is no cache whose contents differ from memory, so what remains of these is who may use them where:
/// whoever may load or store. The fault is a store's.
void core::cache_block_operation(const op& what) {
    const uint64_t right = what.code == opcode::cbo_inval ? envcfg::cbie : envcfg::cbcfe;
    if ((m_csr.environment_rights(m_mode) & right) == 0)
        return raise(cause::illegal_instruction, static_cast<uint64_t>(what.imm));
    const uint64_t address = m_x[what.rs1] & ~uint64_t(isa::cache_block_bytes - 1);
    uint64_t physical = 0;
    const fault met = find_physical(access::load, address, isa::cache_block_bytes, physical);
    if (met == fault::abandoned)
        return;
    if (met == fault::none || translate(as_store, address, isa::cache_block_bytes, physical))
        retire(m_pc + what.length);
}

/// Translated and permitted as a whole; a device gets its zeros byte by byte, as from QEMU.
void core::zero_cache_block(const op& what) {
    if ((m_csr.environment_rights(m_mode) & envcfg::cbze) == 0)
        return raise(cause::illegal_instruction, static_cast<uint64_t>(what.imm));
    const uint64_t address = m_x[what.rs1] & ~uint64_t(isa::cache_block_bytes - 1);
    uint64_t physical = 0;
    if (!translate(as_store, address, isa::cache_block_bytes, physical) ||
        m_debug.stops_access(access::store, access::store, address, isa::cache_block_bytes))
        return;
    uint8_t zeros[8] = {};
    const unsigned step = m_memory.is_device(physical) ? 1 : sizeof zeros;
    for (unsigned done = 0; done < isa::cache_block_bytes; done += step)
        if (!transfer(access::store, as_store, {address + done, physical + done}, zeros, step))
            return;
    retire(m_pc + what.length);
}

} // namespace vmcore::riscv
