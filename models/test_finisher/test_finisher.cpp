#include "models/test_finisher/test_finisher.h"

#include <sstream>

namespace vmcore {

static constexpr access_sizes half_or_word = size_2 | size_4;

test_finisher::test_finisher(const sc_core::sc_module_name& name, const config& settings,
                             power_control& power)
    : peripheral(name, settings.access_latency)
    , m_power(power)
    , m_reg_finish(m_registers, "finish", {0x0, 4, byte_order::little, half_or_word, half_or_word, true},
                   on(this, &test_finisher::read_zero), on(this, &test_finisher::write_finish),
                   on(this, &test_finisher::read_zero))
    , m_reg_reserved(m_registers, "reserved",
                     {0x4, 4, byte_order::little, half_or_word, half_or_word, true, 0x3ff},
                     on(this, &test_finisher::read_zero), on(this, &test_finisher::write_reserved),
                     on(this, &test_finisher::read_zero)) {}

void test_finisher::write_finish(const register_access& access, uint64_t value) {
    const auto exit_code = static_cast<int>(value >> 16 & 0xffff);
    const auto asked = access.offset == 0 ? static_cast<uint16_t>(value) : uint16_t(0);
    switch (asked) {
    case pass: m_power.request_shutdown(shutdown_cause::guest_shutdown, exit_code); break;
    case fail: m_power.request_shutdown(shutdown_cause::guest_panic, exit_code); break;
    case restart: m_power.request_reset(); break;
    default: report_ignored(access.offset, value);
    }
}

void test_finisher::write_reserved(const register_access& access, uint64_t value) {
    report_ignored(4 + 4 * uint64_t(access.index) + access.offset, value);
}

void test_finisher::report_ignored(uint64_t offset, uint64_t value) {
    if (m_reported) // once, or a guest could fill the host's log
        return;
    m_reported = true;
    std::ostringstream text;
    text << name() << ": ignored a write of 0x" << std::hex << value << " to offset 0x" << offset
         << ", expected 0x5555, 0x3333 or 0x7777 in the low half at offset 0 (reported once)";
    SC_REPORT_WARNING("/vmcore/test_finisher/ignored_write", text.str().c_str());
}

} // namespace vmcore
