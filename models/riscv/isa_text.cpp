#include "models/riscv/isa_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace vmcore::riscv {

namespace {

struct switch_name {
    const char* name;
    bool isa::*member;
};

constexpr switch_name switches[] = {
    {"m", &isa::m},           {"a", &isa::a},           {"f", &isa::f},         {"d", &isa::d},
    {"c", &isa::c},           {"s", &isa::s},           {"u", &isa::u},         {"zicntr", &isa::zicntr},
    {"zicbom", &isa::zicbom}, {"zicboz", &isa::zicboz}, {"zba", &isa::zba},     {"zbb", &isa::zbb},
    {"zbs", &isa::zbs},       {"sstc", &isa::sstc},     {"svadu", &isa::svadu}, {"pmp", &isa::pmp}};

/// What every hart here has, or lacks: they may only be asked for as they are.
struct fixed_name {
    const char* name;
    bool present;
};
constexpr fixed_name fixed[] = {
    {"i", true},        {"zicsr", true},   {"zifencei", true},  {"h", false},      {"v", false},
    {"zihpm", false},   {"zfa", false},    {"zfh", false},      {"zfhmin", false}, {"zawrs", false},
    {"zbc", false},     {"zicond", false}, {"zicbop", false},   {"svpbmt", false}, {"svnapot", false},
    {"svinval", false}, {"svade", false},  {"sscofpmf", false}, {"zacas", false},  {"zabha", false},
    {"zvfh", false},    {"smaia", false},  {"ssaia", false},    {"smepmp", false}, {"smstateen", false}};

[[noreturn]] void refuse(const std::string& what) {
    throw std::invalid_argument(what);
}

std::string all_names() {
    std::string names = "mmu, sv39, sv48, sv57";
    for (const switch_name& each : switches)
        names += std::string(", ") + each.name;
    return names;
}

class isa_text {
public:
    explicit isa_text(isa base)
        : m_isa(base) {}

    void set(const std::string& name, bool on) {
        for (const switch_name& each : switches)
            if (name == each.name) {
                m_isa.*each.member = on;
                return;
            }
        for (const fixed_name& each : fixed)
            if (name == each.name) {
                if (on != each.present)
                    refuse("'" + name + (on ? "=on': no hart here has it" : "=off': every hart here has it"));
                return;
            }
        if (name == "mmu")
            m_mmu = on;
        else if (name == "sv39" || name == "sv48" || name == "sv57")
            m_widths[name == "sv39" ? 0 : name == "sv48" ? 1 : 2] = on;
        else
            refuse("'" + name + "': no such extension here, expected one of " + all_names());
    }

    isa finished() {
        if (m_isa.d && !m_isa.f)
            refuse("'d=on' needs f=on");
        if (m_isa.s && !m_isa.u)
            refuse("'s=on' needs u=on");
        if (!m_isa.c)
            refuse("'c=off': every hart here has it");
        m_isa.translation = translation();
        if (m_isa.translation != virtual_memory::bare && !m_isa.s)
            m_isa.translation = virtual_memory::bare;
        return m_isa;
    }

private:
    virtual_memory translation() const {
        if (!m_mmu.value_or(m_isa.translation != virtual_memory::bare))
            return virtual_memory::bare;
        const bool some_on = std::find(m_widths.begin(), m_widths.end(), true) != m_widths.end();
        for (unsigned width = 3; width > 0; --width) {
            const std::optional<bool>& asked = m_widths[width - 1];
            if (asked.value_or(!some_on))
                return static_cast<virtual_memory>(width);
        }
        return virtual_memory::bare;
    }

    isa m_isa;
    std::optional<bool> m_mmu;
    std::array<std::optional<bool>, 3> m_widths; ///< sv39, sv48, sv57
};

isa base_of(const std::string& name) {
    if (name == "rv64" || name == "max")
        return {};
    if (name != "rv64i")
        refuse("'" + name + "', expected rv64, rv64i or max");
    isa none;
    for (const switch_name& each : switches)
        none.*each.member = false;
    none.c = true; // until it is turned off, which is refused
    none.translation = virtual_memory::bare;
    return none;
}

} // namespace

isa parse_isa(const std::string& text) {
    std::istringstream words(text);
    std::string word;
    std::getline(words, word, ',');
    isa_text parsed(base_of(word));
    while (std::getline(words, word, ',')) {
        const size_t equals = word.find('=');
        const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
        if (value != "on" && value != "off" && value != "true" && value != "false")
            refuse("'" + word + "': expected NAME=on or NAME=off");
        parsed.set(word.substr(0, equals), value == "on" || value == "true");
    }
    return parsed.finished();
}

} // namespace vmcore::riscv
