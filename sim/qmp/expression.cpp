// A recursive-descent parser with one function for each strength of operators. Arithmetic is unsigned, which
// wraps; only division needs to know of signs.

#include "sim/qmp/expression.h"

#include <cctype>

namespace vmcore::sim::qmp {

namespace {

/// Parentheses and signs inside one another; each costs stack.
constexpr unsigned max_depth = 100;

class parser {
public:
    parser(std::string_view& text, const register_lookup& registers)
        : m_text(text)
        , m_registers(registers) {}

    uint64_t sum();
    void skip_spaces();

private:
    uint64_t logic();
    uint64_t product();
    uint64_t unary();
    uint64_t operand();
    uint64_t number();
    uint64_t character();
    uint64_t named_register();

    char next() const { return m_text.empty() ? '\0' : m_text.front(); }
    /// The operator that comes next and is one of these, taken; else 0.
    char take_one_of(std::string_view operators);

    std::string_view& m_text;
    const register_lookup& m_registers;
    unsigned m_depth = 0;
};

void parser::skip_spaces() {
    while (std::isspace(static_cast<unsigned char>(next())) != 0)
        m_text.remove_prefix(1);
}

char parser::take_one_of(std::string_view operators) {
    const char found = next();
    if (m_text.empty() || operators.find(found) == std::string_view::npos)
        return 0;
    m_text.remove_prefix(1);
    skip_spaces();
    return found;
}

uint64_t parser::sum() {
    uint64_t value = logic();
    while (const char op = take_one_of("+-")) {
        const uint64_t right = logic();
        value = op == '+' ? value + right : value - right;
    }
    return value;
}

uint64_t parser::logic() {
    uint64_t value = product();
    while (const char op = take_one_of("&|^")) {
        const uint64_t right = product();
        value = op == '&' ? value & right : op == '|' ? value | right : value ^ right;
    }
    return value;
}

uint64_t divide(char op, uint64_t left, uint64_t right) {
    if (right == 0)
        throw expression_error("division by zero");
    if (right == ~uint64_t(0)) // by -1, where the smallest number has no quotient
        return op == '/' ? uint64_t(0) - left : 0;
    const auto dividend = static_cast<int64_t>(left);
    const auto divisor = static_cast<int64_t>(right);
    return static_cast<uint64_t>(op == '/' ? dividend / divisor : dividend % divisor);
}

uint64_t parser::product() {
    uint64_t value = unary();
    while (const char op = take_one_of("*/%")) {
        const uint64_t right = unary();
        value = op == '*' ? value * right : divide(op, value, right);
    }
    return value;
}

uint64_t parser::unary() {
    if (++m_depth > max_depth)
        throw expression_error("expression is nested too deeply");
    uint64_t value = 0;
    switch (take_one_of("+-~(")) {
    case '+': value = unary(); break;
    case '-': value = uint64_t(0) - unary(); break;
    case '~': value = ~unary(); break;
    case '(':
        value = sum();
        if (take_one_of(")") == 0)
            throw expression_error("')' expected");
        break;
    default: value = operand();
    }
    --m_depth;
    return value;
}

uint64_t parser::operand() {
    if (m_text.empty())
        throw expression_error("unexpected end of expression");
    uint64_t value = 0;
    if (next() == '\'')
        value = character();
    else if (next() == '$')
        value = named_register();
    else if (std::isdigit(static_cast<unsigned char>(next())) != 0)
        value = number();
    else
        throw expression_error(std::string("invalid char '") + next() + "' in expression");
    skip_spaces();
    return value;
}

uint64_t parser::character() {
    m_text.remove_prefix(1);
    if (m_text.empty())
        throw expression_error("character constant expected");
    const auto value = static_cast<unsigned char>(next());
    m_text.remove_prefix(1);
    if (next() != '\'')
        throw expression_error("missing terminating ' character");
    m_text.remove_prefix(1);
    return value;
}

uint64_t parser::named_register() {
    m_text.remove_prefix(1);
    std::string name;
    while (std::isalnum(static_cast<unsigned char>(next())) != 0 || next() == '_' || next() == '.') {
        name += next();
        m_text.remove_prefix(1);
    }
    const std::optional<uint64_t> value = m_registers(name);
    if (!value)
        throw expression_error("unknown register");
    return *value;
}

unsigned digit_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return static_cast<unsigned>(digit - '0');
    const int lower = std::tolower(static_cast<unsigned char>(digit));
    return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a' + 10) : 16;
}

uint64_t parser::number() {
    unsigned radix = 10;
    if (next() == '0') {
        const bool is_hex = m_text.size() > 2 && (m_text[1] == 'x' || m_text[1] == 'X') &&
                            digit_value(m_text[2]) < 16; // "0x" alone is a zero and an x
        radix = is_hex ? 16 : 8;
        m_text.remove_prefix(is_hex ? 2 : 0);
    }
    uint64_t value = 0;
    for (; digit_value(next()) < radix; m_text.remove_prefix(1)) {
        const unsigned digit = digit_value(next());
        if (value > (~uint64_t(0) - digit) / radix)
            throw expression_error("number too large");
        value = value * radix + digit;
    }
    return value;
}

} // namespace

int64_t evaluate(std::string_view& text, const register_lookup& registers) {
    parser parsed(text, registers);
    parsed.skip_spaces();
    return static_cast<int64_t>(parsed.sum());
}

} // namespace vmcore::sim::qmp
