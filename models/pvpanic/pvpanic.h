#pragma once

#include "models/tlm/peripheral.h"

#include <functional>

namespace vmcore {

/// QEMU's pvpanic device in its MMIO form (QEMU documentation, "PVPANIC device"): a guest whose kernel fails
/// writes so. The model tells whoever listens, and never ends anything by itself.
class pvpanic : public peripheral {
public:
    static constexpr uint64_t size = 2; ///< bytes of its registers

    /// Bits of a byte written, and of the byte read, which says what the guest may use.
    enum event : uint8_t {
        panicked = 1 << 0,     ///< the kernel has failed
        crash_loaded = 1 << 1, ///< it has failed, and its crash kernel takes over
        shutdown = 1 << 2,     ///< the guest shuts down
    };

    struct config {
        uint8_t events = panicked | crash_loaded; ///< read by the guest; whatever it writes is obeyed
        sc_core::sc_time access_latency;
    };

    pvpanic(const sc_core::sc_module_name& name, const config& settings);

    const char* kind() const override { return "pvpanic"; }

    void reset() override {} // it has no state

    /// Called from within an access that writes at least one event: for the lowest of its bits, and for
    /// no other. It should note the event and return.
    void on_event(std::function<void(event)> callback) { m_callback = std::move(callback); }

private:
    uint64_t read_events(const register_access& access) const;
    void write_events(const register_access& access, uint64_t value);
    void take(uint8_t written);

    config m_config;
    std::function<void(event)> m_callback;
    bool m_reported = false;

    reg m_reg_events; ///< 0x0, and the same at 0x1
};

} // namespace vmcore
