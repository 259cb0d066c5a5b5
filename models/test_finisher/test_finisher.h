#pragma once

#include "models/test_finisher/power_control.h"
#include "models/tlm/peripheral.h"

namespace vmcore {

/// SiFive test finisher as QEMU's riscv `virt` has it (there `sifive_test`): a guest writes how it ended. The
/// model tells the power_control, and never ends anything by itself.
class test_finisher : public peripheral {
public:
    /// Low half of a word written at offset 0; the high half is the exit code, for pass and fail.
    enum command : uint16_t { fail = 0x3333, pass = 0x5555, restart = 0x7777 };

    struct config {
        sc_core::sc_time access_latency;
    };

    /// @param power is told what the guest asks for; must outlive the model
    test_finisher(const sc_core::sc_module_name& name, const config& settings, power_control& power);

    void reset() override {} // it has no state

private:
    uint64_t read_zero(const register_access&) { return 0; }
    void write_finish(const register_access& access, uint64_t value);
    void write_reserved(const register_access& access, uint64_t value);
    void report_ignored(uint64_t offset, uint64_t value);

    power_control& m_power;
    bool m_reported = false;

    reg m_reg_finish;   ///< 0x000: reads 0
    reg m_reg_reserved; ///< 0x004 to 0xfff: reads 0, ignores writes
};

} // namespace vmcore
