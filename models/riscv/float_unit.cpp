#include "models/riscv/float_unit.h"

#include "models/riscv/arithmetic.h"

// Instructions of F and D by their fields (unprivileged ISA, "RV32/64G instruction set listings"). What
// differs between the two formats - how a register holds a value - is in `format_registers`.

namespace vmcore::riscv {

namespace {

enum major : unsigned { op_fp = 0x53, madd = 0x43, msub = 0x47, nmsub = 0x4b, nmadd = 0x4f };

/// Bits 31:27 of OP-FP.
enum function : unsigned {
    add = 0x00,
    subtract = 0x01,
    multiply = 0x02,
    divide = 0x03,
    inject_sign = 0x04,
    min_max = 0x05,
    convert_float = 0x08,
    square_root = 0x0b,
    compare = 0x14,
    to_integer = 0x18,
    from_integer = 0x1a,
    to_x = 0x1c, ///< fmv.x and fclass
    from_x = 0x1e,
};

constexpr unsigned dynamic_rounding = 7;

struct fields {
    uint32_t instruction;

    unsigned major() const { return instruction & 0x7f; }
    unsigned rd() const { return instruction >> 7 & 31; }
    unsigned rm() const { return instruction >> 12 & 7; }
    unsigned rs1() const { return instruction >> 15 & 31; }
    unsigned rs2() const { return instruction >> 20 & 31; }
    unsigned format() const { return instruction >> 25 & 3; }
    unsigned function() const { return instruction >> 27; }
    unsigned rs3() const { return function(); }
};

/// Whether the rm field is a rounding mode, and not part of the operation.
bool rounds(const fields& in) {
    if (in.major() != op_fp)
        return true;
    switch (in.function()) {
    case add:
    case subtract:
    case multiply:
    case divide:
    case square_root:
    case convert_float:
    case to_integer:
    case from_integer: return true;
    default: return false;
    }
}

/// Whether an OP-FP instruction's fields besides format and rounding mode name an operation.
bool is_operation(const fields& in) {
    switch (in.function()) {
    case add:
    case subtract:
    case multiply:
    case divide: return true;
    case inject_sign:
    case compare: return in.rm() <= 2;
    case min_max: return in.rm() <= 1;
    case square_root: return in.rs2() == 0;
    case convert_float: return in.rs2() == (in.format() == 0 ? 1 : 0);
    case to_integer:
    case from_integer: return in.rs2() <= 3;
    case to_x: return in.rs2() == 0 && in.rm() <= 1;
    case from_x: return in.rs2() == 0 && in.rm() == 0;
    default: return false;
    }
}

uint32_t unbox(uint64_t value) {
    return value >= nan_box(0) ? static_cast<uint32_t>(value) : binary32::canonical_nan;
}

/// How values of a format are in registers. `raw` takes and gives bits without a look at what they mean.
template <typename FORMAT>
struct format_registers;

template <>
struct format_registers<binary32> {
    static uint32_t unpack(uint64_t value) { return unbox(value); }
    static uint64_t pack(uint32_t value) { return nan_box(value); }
    static uint64_t raw_to_x(uint64_t value) { return word(value); }
};

template <>
struct format_registers<binary64> {
    static uint64_t unpack(uint64_t value) { return value; }
    static uint64_t pack(uint64_t value) { return value; }
    static uint64_t raw_to_x(uint64_t value) { return value; }
};

/// One instruction under way.
template <typename FORMAT>
class operation {
public:
    operation(uint32_t instruction, float_registers& registers, uint64_t* x, rounding mode)
        : m_in{instruction}
        , m_registers(registers)
        , m_x(x)
        , m_context{mode, 0} {}

    void perform() {
        if (m_in.major() == op_fp)
            perform_op();
        else
            perform_fused();
        m_registers.fflags |= m_context.flags;
    }

private:
    using bits = typename FORMAT::bits;
    using arithmetic = float_arithmetic<FORMAT>;
    using comparison = float_comparison<FORMAT>;
    using conversion = float_conversion<FORMAT>;

    bits source(unsigned number) const { return format_registers<FORMAT>::unpack(m_registers.f[number]); }
    void give(bits value) { m_registers.f[m_in.rd()] = format_registers<FORMAT>::pack(value); }
    void give_x(uint64_t value) { m_x[m_in.rd() == 0 ? 32 : m_in.rd()] = value; }

    /// The negated forms negate the product, and msub and nmadd the addend; no NaN comes out with its sign.
    void perform_fused() {
        const unsigned form = m_in.major();
        const bits a = source(m_in.rs1()) ^ (form == nmsub || form == nmadd ? FORMAT::sign : 0);
        const bits c = source(m_in.rs3()) ^ (form == msub || form == nmadd ? FORMAT::sign : 0);
        give(arithmetic::multiply_add(a, source(m_in.rs2()), c, m_context));
    }

    void perform_op() {
        const bits a = source(m_in.rs1());
        const bits b = source(m_in.rs2());
        switch (m_in.function()) {
        case add: return give(arithmetic::add(a, b, m_context));
        case subtract: return give(arithmetic::subtract(a, b, m_context));
        case multiply: return give(arithmetic::multiply(a, b, m_context));
        case divide: return give(arithmetic::divide(a, b, m_context));
        case square_root: return give(arithmetic::square_root(a, m_context));
        case inject_sign: return give((a & ~FORMAT::sign) | injected_sign(a, b));
        case min_max:
            return give(m_in.rm() == 0 ? comparison::minimum(a, b, m_context)
                                       : comparison::maximum(a, b, m_context));
        case compare: return give_x(compared(a, b) ? 1 : 0);
        case convert_float: return convert();
        case to_integer: return give_x(as_integer(a));
        case from_integer: return give(as_float(m_x[m_in.rs1()]));
        case to_x:
            return give_x(m_in.rm() == 0 ? format_registers<FORMAT>::raw_to_x(m_registers.f[m_in.rs1()])
                                         : comparison::classify(a));
        default: return give(static_cast<bits>(m_x[m_in.rs1()]));
        }
    }

    bits injected_sign(bits a, bits b) const {
        switch (m_in.rm()) {
        case 0: return b & FORMAT::sign;
        case 1: return ~b & FORMAT::sign;
        default: return (a ^ b) & FORMAT::sign;
        }
    }

    bool compared(bits a, bits b) {
        switch (m_in.rm()) {
        case 0: return comparison::less_or_equal(a, b, m_context);
        case 1: return comparison::less(a, b, m_context);
        default: return comparison::equal(a, b, m_context);
        }
    }

    /// FORMAT is that of the result.
    void convert() {
        const uint64_t from = m_registers.f[m_in.rs1()];
        m_registers.f[m_in.rd()] = FORMAT::width == 32 ? nan_box(narrow_float(from, m_context))
                                                       : widen_float(unbox(from), m_context);
    }

    uint64_t as_integer(bits a) {
        switch (m_in.rs2()) {
        case 0: return conversion::to_int32(a, m_context);
        case 1: return conversion::to_uint32(a, m_context);
        case 2: return conversion::to_int64(a, m_context);
        default: return conversion::to_uint64(a, m_context);
        }
    }

    bits as_float(uint64_t value) {
        switch (m_in.rs2()) {
        case 0: return conversion::from_signed(static_cast<int32_t>(value), m_context);
        case 1: return conversion::from_unsigned(static_cast<uint32_t>(value), m_context);
        case 2: return conversion::from_signed(static_cast<int64_t>(value), m_context);
        default: return conversion::from_unsigned(value, m_context);
        }
    }

    fields m_in;
    float_registers& m_registers;
    uint64_t* m_x;
    float_context m_context;
};

bool is_rounding_mode(unsigned value) {
    return value <= static_cast<unsigned>(rounding::nearest_max_magnitude);
}

} // namespace

bool is_float_operation(uint32_t instruction, bool has_d) {
    const fields in{instruction};
    if (in.format() > (has_d ? 1 : 0))
        return false;
    if (rounds(in) && !is_rounding_mode(in.rm()) && in.rm() != dynamic_rounding)
        return false;
    if (in.major() != op_fp)
        return true;
    return is_operation(in) && (has_d || in.function() != convert_float);
}

bool writes_float_register(uint32_t instruction) {
    const fields in{instruction};
    return in.major() != op_fp ||
           (in.function() != compare && in.function() != to_integer && in.function() != to_x);
}

bool perform_float(uint32_t instruction, float_registers& registers, uint64_t* x) {
    const fields in{instruction};
    const unsigned mode = in.rm() == dynamic_rounding ? registers.frm : in.rm();
    if (!is_rounding_mode(mode) && rounds(in))
        return false;
    if (in.format() == 0)
        operation<binary32>(instruction, registers, x, static_cast<rounding>(mode)).perform();
    else
        operation<binary64>(instruction, registers, x, static_cast<rounding>(mode)).perform();
    return true;
}

} // namespace vmcore::riscv
