#pragma once

#include "models/tlm/register_bank.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

namespace vmcore {

/// Base of every model with registers: one target socket whose transactions go to the register bank.
/// Addresses on the socket count from 0 at the start of the peripheral. DMI is never granted; debug transport
/// reads the registers that can be peeked.
class peripheral : public sc_core::sc_module {
public:
    tlm_utils::simple_target_socket<peripheral, 64> socket{"socket"};

    /// Back to the state after power-on.
    virtual void reset() = 0;

protected:
    /// @param access_latency time that every register access takes
    peripheral(const sc_core::sc_module_name& name, const sc_core::sc_time& access_latency);

    /// While one lives, the peripheral is engaged in an operation of its own, such as a DMA transfer. An
    /// access that this very operation leads back to the peripheral is refused with
    /// TLM_GENERIC_ERROR_RESPONSE, as QEMU refuses re-entrant I/O; an access by any other process waits for
    /// the end of the operation.
    class engagement {
    public:
        explicit engagement(peripheral& owner);
        ~engagement();
        engagement(const engagement&) = delete;
        engagement& operator=(const engagement&) = delete;

    private:
        peripheral& m_owner;
    };

    bool engaged() const { return m_engaged; }

    /// An access was refused; its response says why. A re-entrant one is refused before the registers see it.
    virtual void refused(const tlm::tlm_generic_payload&, bool /*reentrant*/) {}

    register_bank m_registers;

private:
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    unsigned transport_dbg(tlm::tlm_generic_payload& payload) { return m_registers.debug(payload); }
    bool admit(const tlm::tlm_generic_payload& payload);

    sc_core::sc_time m_access_latency;
    bool m_engaged = false;
    bool m_reported = false;
    sc_core::sc_process_handle m_engaged_process;
    sc_core::sc_event m_disengaged{"disengaged"};
};

} // namespace vmcore
