#include "models/pvpanic/pvpanic.h"

#include <sstream>

namespace vmcore {

static constexpr access_sizes byte_or_both = size_1 | size_2;

pvpanic::pvpanic(const sc_core::sc_module_name& name, const config& settings)
    : peripheral(name, settings.access_latency)
    , m_config(settings)
    , m_reg_events(m_registers, "events", {0x0, size, byte_order::little, byte_or_both, byte_or_both, true},
                   on(this, &pvpanic::read_events), on(this, &pvpanic::write_events),
                   on(this, &pvpanic::read_events)) {}

/// Both bytes are the same register: an access to both is two.
uint64_t pvpanic::read_events(const register_access& access) const {
    const uint64_t byte = m_config.events;
    return access.size == 1 ? byte : byte | byte << 8;
}

void pvpanic::write_events(const register_access& access, uint64_t value) {
    for (unsigned byte = 0; byte < access.size; ++byte)
        take(static_cast<uint8_t>(value >> (8 * byte)));
}

void pvpanic::take(uint8_t written) {
    for (const event each : {panicked, crash_loaded, shutdown}) {
        if ((written & each) == 0)
            continue;
        if (m_callback)
            m_callback(each);
        return;
    }
    if (written == 0 || m_reported) // once, or a guest could fill the host's log
        return;
    m_reported = true;
    std::ostringstream text;
    text << name() << ": ignored a write of 0x" << std::hex << unsigned(written)
         << ", expected one of the bits 0 to 2 (reported once)";
    SC_REPORT_WARNING("/vmcore/pvpanic/ignored_write", text.str().c_str());
}

} // namespace vmcore
