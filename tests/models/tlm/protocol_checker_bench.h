#pragma once

#include "models/tlm/protocol_checker.h"
#include "tests/harness/bench.h"

#include <functional>

namespace vmcore::test {

/// A target made of functions, so that each test can break one rule. By default it keeps all of them.
class script_target : public sc_core::sc_module, public tlm::tlm_fw_transport_if<> {
public:
    tlm::tlm_target_socket<64> socket{"socket"};

    explicit script_target(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name) {
        socket.bind(*this);
    }

    std::function<void(tlm::tlm_generic_payload&, sc_core::sc_time&)> on_transport =
        [](tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
            payload.set_response_status(tlm::TLM_OK_RESPONSE);
        };
    std::function<bool(tlm::tlm_generic_payload&, tlm::tlm_dmi&)> on_direct =
        [](tlm::tlm_generic_payload&, tlm::tlm_dmi&) { return false; };
    std::function<unsigned(tlm::tlm_generic_payload&)> on_debug = [](tlm::tlm_generic_payload& payload) {
        return payload.get_data_length();
    };
    std::function<tlm::tlm_sync_enum(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&)>
        on_forward =
            [](tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) { return tlm::TLM_ACCEPTED; };

private:
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
        on_transport(payload, delay);
    }
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) override {
        return on_direct(payload, region);
    }
    unsigned transport_dbg(tlm::tlm_generic_payload& payload) override { return on_debug(payload); }
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override {
        return on_forward(payload, phase, delay);
    }
};

/// The initiator's side, likewise.
class script_initiator : public sc_core::sc_module, public tlm::tlm_bw_transport_if<> {
public:
    tlm::tlm_initiator_socket<64> socket{"socket"};

    explicit script_initiator(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name) {
        socket.bind(*this);
    }

    std::function<tlm::tlm_sync_enum(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&)>
        on_backward =
            [](tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) { return tlm::TLM_ACCEPTED; };
    unsigned invalidations = 0;

private:
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override {
        return on_backward(payload, phase, delay);
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override { ++invalidations; }
};

/// A payload that keeps every rule, over a buffer of its own.
struct proper : tlm::tlm_generic_payload {
    explicit proper(tlm::tlm_command command = tlm::TLM_READ_COMMAND) {
        set_command(command);
        set_data_ptr(data);
        set_data_length(8);
        set_streaming_width(8);
    }
    uint8_t data[8] = {};
    uint8_t enables[2] = {0xff, 0x00};
};

class checker_bench : public bench {
public:
    checker_bench() {
        initiator.socket.bind(checker.target_socket);
        checker.initiator_socket.bind(target.socket);
        checker.on_violation(
            [this](const protocol_checker::violation& broken) { clauses.push_back(broken.clause); });
    }

protected:
    using clause_list = std::vector<std::string>;

    script_initiator initiator{"initiator"};
    protocol_checker checker{"checker"};
    script_target target{"target"};
    clause_list clauses; ///< of the violations seen since seen() was last asked
    sc_core::sc_time delay;

    /// The clauses reported since the last time.
    clause_list seen() {
        clause_list reported;
        reported.swap(clauses);
        return reported;
    }
    clause_list transport(tlm::tlm_generic_payload& payload) {
        delay = sc_core::SC_ZERO_TIME;
        initiator.socket->b_transport(payload, delay);
        return seen();
    }
};

} // namespace vmcore::test
