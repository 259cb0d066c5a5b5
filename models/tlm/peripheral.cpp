#include "models/tlm/peripheral.h"

#include <sstream>

namespace vmcore {

peripheral::peripheral(const sc_core::sc_module_name& name, const sc_core::sc_time& access_latency)
    : sc_core::sc_module(name)
    , m_access_latency(access_latency) {
    socket.register_b_transport(this, &peripheral::b_transport);
    socket.register_transport_dbg(this, &peripheral::transport_dbg);
}

peripheral::engagement::engagement(peripheral& owner)
    : m_owner(owner) {
    m_owner.m_engaged = true;
    m_owner.m_engaged_process = sc_core::sc_get_current_process_handle();
}

peripheral::engagement::~engagement() {
    m_owner.m_engaged = false;
    m_owner.m_engaged_process = sc_core::sc_process_handle();
    m_owner.m_disengaged.notify();
}

bool peripheral::admit(const tlm::tlm_generic_payload& payload) {
    while (m_engaged) {
        if (m_engaged_process == sc_core::sc_get_current_process_handle()) {
            if (!m_reported) {
                m_reported = true;
                std::ostringstream text;
                text << name() << ": refused an access that its own DMA made to its register at offset 0x"
                     << std::hex << payload.get_address() << " (reported once)";
                SC_REPORT_WARNING("/vmcore/tlm/reentrant_access", text.str().c_str());
            }
            return false;
        }
        sc_core::wait(m_disengaged);
    }
    return true;
}

void peripheral::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    delay += m_access_latency;
    if (m_engaged && !admit(payload)) {
        payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        refused(payload, true);
        return;
    }
    m_registers.transport(payload, delay);
    if (payload.is_response_error())
        refused(payload, false);
}

} // namespace vmcore
