#pragma once

#include <systemc>

namespace vmcore::sim {

/// Ends sc_start() early, from any thread: the kernel pauses at the end of a delta cycle. What simulated time
/// does not end - a transfer of gigabytes is one instruction of the guest - a command from outside still can.
class kernel_bell : public sc_core::sc_module {
public:
    explicit kernel_bell(const sc_core::sc_module_name& name);

    /// Rung while the kernel does not run, it ends the next sc_start() at its beginning.
    void ring() { m_line.ring(); }

private:
    /// The one thing in SystemC that another thread may touch.
    class line : public sc_core::sc_prim_channel {
    public:
        void ring() { async_request_update(); }
        const sc_core::sc_event& rung() const { return m_rung; }

    private:
        void update() override { m_rung.notify(sc_core::SC_ZERO_TIME); }
        sc_core::sc_event m_rung;
    };

    void answer() { sc_core::sc_pause(); }

    line m_line;
};

} // namespace vmcore::sim
