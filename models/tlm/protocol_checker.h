#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace vmcore {

/// Sits between an initiator and a target, passes everything on, and reports each rule of the TLM-2.0 base
/// protocol that it sees broken, with the clause of IEEE 1666-2011 that states it. It changes nothing.
///
/// Checked: the attributes that b_transport, nb_transport, get_direct_mem_ptr and transport_dbg are called
/// with, what the callee may and may not change, response status, timing annotation, calls that must not take
/// time, DMI regions, and for nb_transport the phases: direction, order, exclusion and timing.
class protocol_checker : public sc_core::sc_module,
                         private tlm::tlm_fw_transport_if<>,
                         private tlm::tlm_bw_transport_if<> {
public:
    struct violation {
        std::string clause; ///< of IEEE 1666-2011, for example "14.17"
        std::string text;
    };

    tlm::tlm_target_socket<64> target_socket{"target_socket"};          ///< towards the initiator
    tlm::tlm_initiator_socket<64> initiator_socket{"initiator_socket"}; ///< towards the target

    explicit protocol_checker(const sc_core::sc_module_name& name);
    ~protocol_checker() override;

    /// What to do about a violation; unless told, SC_REPORT_ERROR with id /vmcore/tlm/base_protocol.
    void on_violation(std::function<void(const violation&)> report) { m_report = std::move(report); }

    uint64_t transactions() const { return m_transactions; } ///< b_transport and nb_transport_fw calls seen
    uint64_t violations() const { return m_violations; }

private:
    struct snapshot;  // attributes that the callee must leave alone
    struct in_flight; // a non-blocking transaction between BEGIN_REQ and its end

    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) override;
    unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override;

    void require(bool holds, const char* clause, const char* text, const char* where = "");
    void check_request(const tlm::tlm_generic_payload& payload);
    void check_unchanged(const snapshot& before, const tlm::tlm_generic_payload& payload, const char* where);
    void check_final_status(const tlm::tlm_generic_payload& payload);

    void forward_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
    void backward_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
    void check_progress(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay);
    void finish(const tlm::tlm_generic_payload& payload);

    std::function<void(const violation&)> m_report;
    uint64_t m_transactions = 0;
    uint64_t m_violations = 0;
    std::map<const tlm::tlm_generic_payload*, in_flight> m_in_flight;
    const tlm::tlm_generic_payload* m_requesting = nullptr; ///< between BEGIN_REQ and the end of the request
    const tlm::tlm_generic_payload* m_responding = nullptr; ///< between BEGIN_RESP and END_RESP
};

} // namespace vmcore
