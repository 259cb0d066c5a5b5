#include "models/riscv/pmp.h"

#include <algorithm>

namespace vmcore::riscv {

void pmp::reset() {
    m_config.fill(0);
    m_address.fill(0);
    update();
}

uint64_t pmp::config(unsigned number) const {
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i)
        value |= static_cast<uint64_t>(m_config[4 * number + i]) << (8 * i);
    return value;
}

void pmp::set_config(unsigned number, uint64_t value) {
    for (unsigned i = 0; i < 8; ++i)
        if (!is_locked(4 * number + i))
            m_config[4 * number + i] = static_cast<uint8_t>(value >> (8 * i));
    update();
}

void pmp::set_address(unsigned region, uint64_t value) {
    const bool bounds_a_locked_one =
        region + 1 < regions && is_locked(region + 1) && mode_of(m_config[region + 1]) == tor;
    if (is_locked(region) || bounds_a_locked_one)
        return;
    m_address[region] = value;
    update();
}

void pmp::update() {
    m_in_use = 0;
    for (unsigned i = 0; i < regions; ++i) {
        const uint64_t value = m_address[i];
        const uint64_t below = i == 0 ? 0 : m_address[i - 1];
        switch (mode_of(m_config[i])) {
        case off: m_range[i] = {}; break;
        case tor: m_range[i] = {below << 2, (value << 2) - 1}; break;
        case na4: m_range[i] = {value << 2, (value << 2) + 3}; break;
        case napot: { // the ones at the end tell the size, and the zero above them ends them
            const uint64_t ones = value ^ (value + 1);
            m_range[i] = {(value & ~ones) << 2, ((value | ones) << 2) + 3};
            break;
        }
        }
        if (mode_of(m_config[i]) == tor && value <= below)
            m_range[i] = {};
        if (mode_of(m_config[i]) != off)
            m_in_use = i + 1;
    }
}

bool pmp::permits(access kind, uint64_t first, uint64_t last, privilege mode) const {
    for (unsigned i = 0; i < m_in_use; ++i) {
        const bool has_first = m_range[i].contains(first);
        if (has_first != m_range[i].contains(last))
            return false;
        if (!has_first)
            continue;
        if (mode == privilege::machine && !is_locked(i))
            return true;
        const unsigned needed = kind == access::load ? 1 : kind == access::store ? 2 : 4;
        return (m_config[i] & needed) != 0;
    }
    return mode == privilege::machine || !m_present;
}

bool pmp::is_uniform(uint64_t first, uint64_t last) const {
    for (unsigned i = 0; i < m_in_use; ++i) {
        const range& each = m_range[i];
        if (each.first > each.last || first > each.last || last < each.first)
            continue;
        return first >= each.first && last <= each.last;
    }
    return true;
}

} // namespace vmcore::riscv
