#include "models/tlm/protocol_checker.h"

#include <algorithm>

namespace vmcore {

/// Data of writes is compared too, up to this length, so that huge bursts stay cheap.
static constexpr unsigned compared_data = 4096;

struct protocol_checker::snapshot {
    explicit snapshot(const tlm::tlm_generic_payload& payload)
        : command(payload.get_command())
        , data(payload.get_data_ptr())
        , length(payload.get_data_length())
        , streaming_width(payload.get_streaming_width())
        , byte_enables(payload.get_byte_enable_ptr())
        , byte_enable_length(payload.get_byte_enable_length()) {
        if (payload.is_write() && data != nullptr)
            written.assign(data, data + std::min(length, compared_data));
    }

    tlm::tlm_command command;
    unsigned char* data;
    unsigned length;
    unsigned streaming_width;
    unsigned char* byte_enables;
    unsigned byte_enable_length;
    std::vector<unsigned char> written;
};

protocol_checker::protocol_checker(const sc_core::sc_module_name& name)
    : sc_core::sc_module(name) {
    target_socket.bind(*static_cast<tlm::tlm_fw_transport_if<>*>(this));
    initiator_socket.bind(*static_cast<tlm::tlm_bw_transport_if<>*>(this));
    m_report = [this](const violation& broken) {
        const std::string text =
            std::string(this->name()) + ": IEEE 1666-2011 clause " + broken.clause + ": " + broken.text;
        SC_REPORT_ERROR("/vmcore/tlm/base_protocol", text.c_str());
    };
}

void protocol_checker::require(bool holds, const char* clause, const char* text) {
    if (holds)
        return;
    ++m_violations;
    m_report({clause, text});
}

void protocol_checker::check_request(const tlm::tlm_generic_payload& payload) {
    const tlm::tlm_command command = payload.get_command();
    require(command == tlm::TLM_READ_COMMAND || command == tlm::TLM_WRITE_COMMAND ||
                command == tlm::TLM_IGNORE_COMMAND,
            "14.8", "the command is none of READ, WRITE, IGNORE");
    if (command != tlm::TLM_IGNORE_COMMAND) {
        require(payload.get_data_ptr() != nullptr, "14.10", "the data pointer is null");
        require(payload.get_data_length() > 0, "14.11", "the data length is 0");
    }
    require(payload.get_streaming_width() > 0, "14.14", "the streaming width is 0");
    if (payload.get_byte_enable_ptr() != nullptr) {
        const unsigned length = payload.get_byte_enable_length();
        require(length > 0, "14.13", "byte enables of length 0");
        const unsigned char* enables = payload.get_byte_enable_ptr();
        require(std::all_of(enables, enables + length, [](unsigned char e) { return e == 0 || e == 0xff; }),
                "14.12", "a byte enable is neither 0x00 nor 0xff");
    }
    require(!payload.is_dmi_allowed(), "14.15", "the initiator did not clear the DMI hint");
    require(payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE, "14.16",
            "the initiator did not set the response status to TLM_INCOMPLETE_RESPONSE");
}

void protocol_checker::check_unchanged(const snapshot& before, const tlm::tlm_generic_payload& payload,
                                       const char* where) {
    const auto same = [&](bool holds, const char* attribute) {
        require(holds, "14.6", (std::string(attribute) + " was modified by the callee of " + where).c_str());
    };
    same(before.command == payload.get_command(), "the command");
    same(before.data == payload.get_data_ptr(), "the data pointer");
    same(before.length == payload.get_data_length(), "the data length");
    same(before.streaming_width == payload.get_streaming_width(), "the streaming width");
    same(before.byte_enables == payload.get_byte_enable_ptr(), "the byte enable pointer");
    same(before.byte_enable_length == payload.get_byte_enable_length(), "the byte enable length");
    require(std::equal(before.written.begin(), before.written.end(), before.data), "14.10",
            "the target modified the data array of a write");
}

void protocol_checker::check_final_status(const tlm::tlm_generic_payload& payload) {
    require(payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE, "14.16",
            "the target did not set the response status");
}

void protocol_checker::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    ++m_transactions;
    require(sc_core::sc_get_current_process_handle().proc_kind() != sc_core::SC_METHOD_PROC_, "11.1.1",
            "b_transport was called from a method process");
    check_request(payload);
    const snapshot before(payload);
    const sc_core::sc_time due = sc_core::sc_time_stamp() + delay;
    initiator_socket->b_transport(payload, delay);
    check_unchanged(before, payload, "b_transport");
    check_final_status(payload);
    require(sc_core::sc_time_stamp() + delay >= due, "11.1.3",
            "b_transport took back time: the delay was decreased");
}

bool protocol_checker::get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) {
    const tlm::tlm_command command = payload.get_command();
    require(command == tlm::TLM_READ_COMMAND || command == tlm::TLM_WRITE_COMMAND, "11.2.3",
            "DMI was asked for with a command that is neither READ nor WRITE");
    const uint64_t address = payload.get_address();
    const bool granted = initiator_socket->get_direct_mem_ptr(payload, region);
    const uint64_t start = region.get_start_address();
    const uint64_t end = region.get_end_address();
    require(payload.get_command() == command, "14.6",
            "the command was modified by the callee of get_direct_mem_ptr");
    require(start <= end, "11.2.5", "the DMI region ends before it starts");
    require(start <= address && address <= end, "11.2.5",
            "the DMI region does not contain the address asked for");
    if (granted) {
        require(region.get_dmi_ptr() != nullptr, "11.2.5", "DMI was granted with a null pointer");
        require(command == tlm::TLM_WRITE_COMMAND ? region.is_write_allowed() : region.is_read_allowed(),
                "11.2.5", "DMI was granted, but not for the access asked for");
    }
    return granted;
}

unsigned protocol_checker::transport_dbg(tlm::tlm_generic_payload& payload) {
    require(payload.get_data_ptr() != nullptr || payload.get_data_length() == 0, "11.3.4",
            "debug transport with a null data pointer");
    const snapshot before(payload);
    const unsigned moved = initiator_socket->transport_dbg(payload);
    check_unchanged(before, payload, "transport_dbg");
    require(moved <= before.length, "11.3.4", "debug transport moved more bytes than it was asked to");
    return moved;
}

tlm::tlm_sync_enum protocol_checker::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                     sc_core::sc_time& delay) {
    ++m_transactions;
    require(phase == tlm::BEGIN_REQ || phase == tlm::END_RESP || phase > tlm::END_RESP, "15.2.3",
            "an initiator sent a phase other than BEGIN_REQ and END_RESP");
    if (phase == tlm::BEGIN_REQ) {
        check_request(payload);
        require(payload.has_mm(), "14.4", "a non-blocking transaction has no memory manager");
        require(!m_request_pending, "15.2.6", "BEGIN_REQ before the END_REQ of the request before");
        m_request_pending = true;
    }
    const snapshot before(payload);
    const sc_core::sc_time due = sc_core::sc_time_stamp() + delay;
    const tlm::tlm_sync_enum answer = initiator_socket->nb_transport_fw(payload, phase, delay);
    check_unchanged(before, payload, "nb_transport_fw");
    require(sc_core::sc_time_stamp() + delay >= due, "11.1.3", "nb_transport_fw decreased the delay");
    if (answer == tlm::TLM_UPDATED)
        note_backward_phase(phase);
    if (answer == tlm::TLM_COMPLETED) {
        check_final_status(payload);
        m_request_pending = false;
    }
    return answer;
}

tlm::tlm_sync_enum protocol_checker::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                     sc_core::sc_time& delay) {
    note_backward_phase(phase);
    if (phase == tlm::BEGIN_RESP)
        check_final_status(payload);
    return target_socket->nb_transport_bw(payload, phase, delay);
}

void protocol_checker::note_backward_phase(const tlm::tlm_phase& phase) {
    require(phase == tlm::END_REQ || phase == tlm::BEGIN_RESP || phase > tlm::END_RESP, "15.2.3",
            "a target sent a phase other than END_REQ and BEGIN_RESP");
    if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) // BEGIN_RESP ends the request too
        m_request_pending = false;
}

void protocol_checker::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) {
    require(start <= end, "11.2.6", "a DMI range was invalidated that ends before it starts");
    target_socket->invalidate_direct_mem_ptr(start, end);
}

} // namespace vmcore
