#include "models/riscv/arithmetic.h"
#include "models/riscv/bit_manipulation.h"
#include "models/riscv/core.h"

// The interpreter's loop. A turn of the outer loop is one block, a turn of the inner one an instruction.
// Blocks follow each other through their successor pointers as long as the budget holds the next one whole.
// Whatever may trap, take time or change how the hart goes on leaves the loop: the work done so far is
// committed, and perform() does the instruction. An instruction is therefore never half done here, and time
// is only counted at block ends.

namespace vmcore::riscv {

template <typename T, typename RESULT>
bool core::load(uint64_t address, uint64_t& value) {
    T data;
    const uint8_t* host = m_tlb.load_host<T>(address);
    if (__builtin_expect(host == nullptr, 0)) {
        host = m_tlb.host(access::load, address, sizeof data); // misaligned
        if (host == nullptr)
            return false;
    }
    std::memcpy(&data, host, sizeof data);
    value = static_cast<uint64_t>(static_cast<RESULT>(data));
    return true;
}

template <typename T>
bool core::store(uint64_t address, uint64_t value) {
    const T data = static_cast<T>(value);
    uint8_t* host = m_tlb.store_host<T>(address);
    if (__builtin_expect(host == nullptr, 0)) {
        host = m_tlb.host(access::store, address, sizeof data); // misaligned
        if (host == nullptr)
            return false;
    }
    std::memcpy(host, &data, sizeof data);
    return true;
}

void core::execute(block* current, uint64_t budget) {
    uint64_t* const x = m_x.data();
    uint64_t done = 0; // instructions retired since the last commit
    for (;;) {
        uint64_t next = current->end;
        const op* o = current->ops;
        for (;; ++o) {
            const uint64_t a = x[o->rs1];
            const uint64_t b = x[o->rs2];
            const uint64_t i = static_cast<uint64_t>(o->imm);
            uint64_t& d = x[o->rd];
            switch (o->code) {
            case opcode::nop: continue;
            case opcode::load_constant: d = i; continue;
            case opcode::addi: d = a + i; continue;
            case opcode::slti: d = less(a, i); continue;
            case opcode::sltiu: d = a < i; continue;
            case opcode::xori: d = a ^ i; continue;
            case opcode::ori: d = a | i; continue;
            case opcode::andi: d = a & i; continue;
            case opcode::slli: d = a << i; continue;
            case opcode::srli: d = a >> i; continue;
            case opcode::srai: d = shift_right(a, i); continue;
            case opcode::addiw: d = word(a + i); continue;
            case opcode::slliw: d = word(a << i); continue;
            case opcode::srliw: d = word(static_cast<uint32_t>(a) >> i); continue;
            case opcode::sraiw: d = shift_right_word(a, i); continue;
            case opcode::add: d = a + b; continue;
            case opcode::sub: d = a - b; continue;
            case opcode::sll: d = a << (b & 63); continue;
            case opcode::slt: d = less(a, b); continue;
            case opcode::sltu: d = a < b; continue;
            case opcode::xor_: d = a ^ b; continue;
            case opcode::srl: d = a >> (b & 63); continue;
            case opcode::sra: d = shift_right(a, b & 63); continue;
            case opcode::or_: d = a | b; continue;
            case opcode::and_: d = a & b; continue;
            case opcode::addw: d = word(a + b); continue;
            case opcode::subw: d = word(a - b); continue;
            case opcode::sllw: d = word(a << (b & 31)); continue;
            case opcode::srlw: d = word(static_cast<uint32_t>(a) >> (b & 31)); continue;
            case opcode::sraw: d = shift_right_word(a, b & 31); continue;
            case opcode::mul: d = a * b; continue;
            case opcode::mulh: d = multiply_high(a, b); continue;
            case opcode::mulhsu: d = multiply_high_mixed(a, b); continue;
            case opcode::mulhu: d = multiply_high_unsigned(a, b); continue;
            case opcode::div: d = divide(a, b); continue;
            case opcode::divu: d = divide_unsigned(a, b); continue;
            case opcode::rem: d = remainder(a, b); continue;
            case opcode::remu: d = remainder_unsigned(a, b); continue;
            case opcode::mulw: d = word(a * b); continue;
            case opcode::divw: d = divide_word(a, b); continue;
            case opcode::divuw: d = divide_unsigned_word(a, b); continue;
            case opcode::remw: d = remainder_word(a, b); continue;
            case opcode::remuw: d = remainder_unsigned_word(a, b); continue;
            case opcode::sh1add: d = (a << 1) + b; continue;
            case opcode::sh2add: d = (a << 2) + b; continue;
            case opcode::sh3add: d = (a << 3) + b; continue;
            case opcode::add_uw: d = lower_word(a) + b; continue;
            case opcode::sh1add_uw: d = (lower_word(a) << 1) + b; continue;
            case opcode::sh2add_uw: d = (lower_word(a) << 2) + b; continue;
            case opcode::sh3add_uw: d = (lower_word(a) << 3) + b; continue;
            case opcode::slli_uw: d = lower_word(a) << i; continue;
            case opcode::andn: d = a & ~b; continue;
            case opcode::orn: d = a | ~b; continue;
            case opcode::xnor: d = ~(a ^ b); continue;
            case opcode::min: d = less(a, b) ? a : b; continue;
            case opcode::minu: d = a < b ? a : b; continue;
            case opcode::max: d = less(a, b) ? b : a; continue;
            case opcode::maxu: d = a < b ? b : a; continue;
            case opcode::clz: d = leading_zeros(a); continue;
            case opcode::ctz: d = trailing_zeros(a); continue;
            case opcode::cpop: d = population(a); continue;
            case opcode::clzw: d = leading_zeros_word(a); continue;
            case opcode::ctzw: d = trailing_zeros_word(a); continue;
            case opcode::cpopw: d = population(lower_word(a)); continue;
            case opcode::sext_b: d = static_cast<uint64_t>(static_cast<int8_t>(a)); continue;
            case opcode::sext_h: d = static_cast<uint64_t>(static_cast<int16_t>(a)); continue;
            case opcode::zext_h: d = static_cast<uint16_t>(a); continue;
            case opcode::orc_b: d = or_combine(a); continue;
            case opcode::rev8: d = __builtin_bswap64(a); continue;
            case opcode::rol: d = rotate_right(a, -b); continue;
            case opcode::ror: d = rotate_right(a, b); continue;
            case opcode::rori: d = rotate_right(a, i); continue;
            case opcode::rolw: d = rotate_right_word(a, -b); continue;
            case opcode::rorw: d = rotate_right_word(a, b); continue;
            case opcode::roriw: d = rotate_right_word(a, i); continue;
            case opcode::bclr: d = a & ~single_bit(b); continue;
            case opcode::bclri: d = a & ~single_bit(i); continue;
            case opcode::bext: d = a >> (b & 63) & 1; continue;
            case opcode::bexti: d = a >> i & 1; continue;
            case opcode::binv: d = a ^ single_bit(b); continue;
            case opcode::binvi: d = a ^ single_bit(i); continue;
            case opcode::bset: d = a | single_bit(b); continue;
            case opcode::bseti: d = a | single_bit(i); continue;

            case opcode::lb:
                if (load<uint8_t, int8_t>(a + i, d))
                    continue;
                break;
            case opcode::lh:
                if (load<uint16_t, int16_t>(a + i, d))
                    continue;
                break;
            case opcode::lw:
                if (load<uint32_t, int32_t>(a + i, d))
                    continue;
                break;
            case opcode::ld:
                if (load<uint64_t, uint64_t>(a + i, d))
                    continue;
                break;
            case opcode::lbu:
                if (load<uint8_t, uint8_t>(a + i, d))
                    continue;
                break;
            case opcode::lhu:
                if (load<uint16_t, uint16_t>(a + i, d))
                    continue;
                break;
            case opcode::lwu:
                if (load<uint32_t, uint32_t>(a + i, d))
                    continue;
                break;
            case opcode::sb:
                if (store<uint8_t>(a + i, b))
                    continue;
                break;
            case opcode::sh:
                if (store<uint16_t>(a + i, b))
                    continue;
                break;
            case opcode::sw:
                if (store<uint32_t>(a + i, b))
                    continue;
                break;
            case opcode::sd:
                if (store<uint64_t>(a + i, b))
                    continue;
                break;

            case opcode::flw: {
                uint64_t value;
                if (!float_writable() || !load<uint32_t, uint32_t>(a + float_access::offset(i), value))
                    break;
                m_float.f[o->rd] = nan_box(static_cast<uint32_t>(value));
                continue;
            }
            case opcode::fld:
                if (float_writable() &&
                    load<uint64_t, uint64_t>(a + float_access::offset(i), m_float.f[o->rd]))
                    continue;
                break;
            case opcode::fsw:
                if (float_readable() && store<uint32_t>(a + float_access::offset(i), m_float.f[o->rs2]))
                    continue;
                break;
            case opcode::fsd:
                if (float_readable() && store<uint64_t>(a + float_access::offset(i), m_float.f[o->rs2]))
                    continue;
                break;
            case opcode::float_op:
                if (float_writable() && perform_float(static_cast<uint32_t>(i), m_float, x))
                    continue;
                break;

            case opcode::beq:
                if (a == b)
                    next = i;
                goto block_done;
            case opcode::bne:
                if (a != b)
                    next = i;
                goto block_done;
            case opcode::blt:
                if (less(a, b))
                    next = i;
                goto block_done;
            case opcode::bge:
                if (!less(a, b))
                    next = i;
                goto block_done;
            case opcode::bltu:
                if (a < b)
                    next = i;
                goto block_done;
            case opcode::bgeu:
                if (a >= b)
                    next = i;
                goto block_done;
            case opcode::jal:
                d = next;
                next = i;
                goto block_done;
            case opcode::jalr: {
                const uint64_t target = (a + i) & ~uint64_t(1);
                d = next;
                next = target;
                goto block_done;
            }
            case opcode::end_of_block: goto block_done;
            default: break;
            }
            commit(done + static_cast<uint64_t>(o - current->ops));
            m_pc = current->pc + o->offset;
            perform(*o);
            return;
        }
    block_done:
        done += current->count;
        budget -= current->count;
        block* following = current->successor[0];
        if (following == nullptr || following->pc != next || !m_blocks.is_current(*following)) {
            following = current->successor[1];
            if (following == nullptr || following->pc != next || !m_blocks.is_current(*following)) {
                following = m_config.blocks ? m_blocks.find(next, current->space) : nullptr;
                current->successor[1] = current->successor[0];
                current->successor[0] = following;
            }
        }
        if (following == nullptr || following->count > budget) {
            commit(done);
            m_pc = next;
            return;
        }
        current = following;
    }
}

} // namespace vmcore::riscv
