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
        , byte_enable_length(payload.get_byte_enable_length())
        , option(payload.get_gp_option())
        , managed(payload.has_mm()) {
        if (payload.is_write() && data != nullptr)
            written.assign(data, data + std::min(length, compared_data));
        if (byte_enables != nullptr)
            enables.assign(byte_enables, byte_enables + byte_enable_length);
    }

    tlm::tlm_command command;
    unsigned char* data;
    unsigned length;
    unsigned streaming_width;
    unsigned char* byte_enables;
    unsigned byte_enable_length;
    tlm::tlm_gp_option option;
    bool managed;
    std::vector<unsigned char> written;
    std::vector<unsigned char> enables;
};

struct protocol_checker::in_flight {
    tlm::tlm_phase phase;
    sc_core::sc_time due; ///< the latest moment that a call for this transaction was annotated with
    std::shared_ptr<snapshot> request;
};

/// Tells whether a call that must not wait took simulated time.
class stopwatch {
public:
    bool untimed() const {
        return m_start == sc_core::sc_time_stamp() && m_delta == sc_core::sc_delta_count();
    }

private:
    sc_core::sc_time m_start = sc_core::sc_time_stamp();
    sc_dt::uint64 m_delta = sc_core::sc_delta_count();
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

protocol_checker::~protocol_checker() = default;

void protocol_checker::require(bool holds, const char* clause, const char* text, const char* where) {
    if (holds)
        return;
    ++m_violations;
    m_report({clause, std::string(text) + where});
}

void protocol_checker::check_request(const tlm::tlm_generic_payload& payload) {
    const tlm::tlm_command command = payload.get_command();
    require(!payload.has_mm() || payload.get_ref_count() > 0, "14.5",
            "the payload has a memory manager, but its reference count is 0");
    require(payload.get_gp_option() == tlm::TLM_MIN_PAYLOAD, "14.8",
            "the option attribute of a transport call is not TLM_MIN_PAYLOAD");
    require(command == tlm::TLM_READ_COMMAND || command == tlm::TLM_WRITE_COMMAND ||
                command == tlm::TLM_IGNORE_COMMAND,
            "14.9", "the command is none of READ, WRITE, IGNORE");
    if (command != tlm::TLM_IGNORE_COMMAND) {
        require(payload.get_data_ptr() != nullptr, "14.11", "the data pointer is null");
        require(payload.get_data_length() > 0, "14.12", "the data length is 0");
    }
    if (payload.get_byte_enable_ptr() != nullptr) {
        const unsigned length = payload.get_byte_enable_length();
        const unsigned char* enables = payload.get_byte_enable_ptr();
        require(std::all_of(enables, enables + length, [](unsigned char e) { return e == 0 || e == 0xff; }),
                "14.13", "a byte enable is neither 0x00 nor 0xff");
        require(length > 0, "14.14", "byte enables of length 0");
    }
    require(payload.get_streaming_width() > 0, "14.15", "the streaming width is 0");
    require(!payload.is_dmi_allowed(), "14.16", "the initiator did not clear the DMI hint");
    require(payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE, "14.17",
            "the initiator did not set the response status to TLM_INCOMPLETE_RESPONSE");
}

void protocol_checker::check_unchanged(const snapshot& before, const tlm::tlm_generic_payload& payload,
                                       const char* where) {
    require(before.command == payload.get_command(), "14.7", "the command was modified in ", where);
    require(before.data == payload.get_data_ptr(), "14.7", "the data pointer was modified in ", where);
    require(before.length == payload.get_data_length(), "14.7", "the data length was modified in ", where);
    require(before.streaming_width == payload.get_streaming_width(), "14.7",
            "the streaming width was modified in ", where);
    require(before.byte_enables == payload.get_byte_enable_ptr(), "14.7",
            "the byte enable pointer was modified in ", where);
    require(before.byte_enable_length == payload.get_byte_enable_length(), "14.7",
            "the byte enable length was modified in ", where);
    require(std::equal(before.enables.begin(), before.enables.end(), before.byte_enables), "14.7",
            "the byte enables were modified in ", where);
    require(std::equal(before.written.begin(), before.written.end(), before.data), "14.7",
            "the data array of a write was modified in ", where);
    require(before.option != tlm::TLM_MIN_PAYLOAD || payload.get_gp_option() == tlm::TLM_MIN_PAYLOAD, "14.8",
            "the option attribute TLM_MIN_PAYLOAD was modified in ", where);
    require(before.managed || !payload.has_mm(), "14.5", "a memory manager was set and left behind in ",
            where);
}

void protocol_checker::check_final_status(const tlm::tlm_generic_payload& payload) {
    require(payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE, "14.17",
            "the target did not set the response status");
}

void protocol_checker::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    ++m_transactions;
    require(sc_core::sc_get_current_process_handle().proc_kind() != sc_core::SC_METHOD_PROC_, "11.1.1.4",
            "b_transport was called from a method process");
    require(m_in_flight.count(&payload) == 0, "15.2.10",
            "b_transport was called with a transaction that nb_transport has under way");
    check_request(payload);
    const snapshot before(payload);
    const sc_core::sc_time due = sc_core::sc_time_stamp() + delay;
    initiator_socket->b_transport(payload, delay);
    check_unchanged(before, payload, "b_transport");
    check_final_status(payload);
    require(sc_core::sc_time_stamp() + delay >= due, "11.1.3.1",
            "the delay of b_transport was decreased by more than the time that passed");
}

bool protocol_checker::get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) {
    const tlm::tlm_command command = payload.get_command();
    const uint64_t address = payload.get_address();
    require(command == tlm::TLM_READ_COMMAND || command == tlm::TLM_WRITE_COMMAND, "11.2.4",
            "DMI was asked for with a command that is neither READ nor WRITE");
    require(region.get_dmi_ptr() == nullptr && region.is_none_allowed() && region.get_start_address() == 0 &&
                region.get_end_address() == ~sc_dt::uint64(0) &&
                region.get_read_latency() == sc_core::SC_ZERO_TIME &&
                region.get_write_latency() == sc_core::SC_ZERO_TIME,
            "11.2.5", "DMI was asked for with a descriptor that is not in its initial state");
    const stopwatch watch;
    const bool granted = initiator_socket->get_direct_mem_ptr(payload, region);
    require(watch.untimed(), "11.2.3", "get_direct_mem_ptr took simulated time");
    require(payload.get_command() == command, "14.7", "the command was modified in get_direct_mem_ptr");

    const uint64_t start = region.get_start_address();
    const uint64_t end = region.get_end_address();
    if (start > end)
        require(false, "11.2.5", "the DMI region ends before it starts");
    else
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
    const stopwatch watch;
    const unsigned moved = initiator_socket->transport_dbg(payload);
    require(watch.untimed(), "11.3.4", "debug transport took simulated time");
    check_unchanged(before, payload, "transport_dbg");
    require(moved <= before.length, "11.3.4", "debug transport moved more bytes than it was asked to");
    return moved;
}

void protocol_checker::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) {
    require(start <= end, "11.2.6", "a DMI range was invalidated that ends before it starts");
    target_socket->invalidate_direct_mem_ptr(start, end);
}

tlm::tlm_sync_enum protocol_checker::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                     sc_core::sc_time& delay) {
    ++m_transactions;
    const bool request = phase == tlm::BEGIN_REQ;
    forward_phase(payload, phase);
    check_progress(payload, delay);
    if (payload.has_mm())
        payload.acquire(); // it may end, and its memory go, during the call
    const stopwatch watch;
    const tlm::tlm_sync_enum answer = initiator_socket->nb_transport_fw(payload, phase, delay);
    require(watch.untimed(), "11.1.2.4", "nb_transport_fw took simulated time");
    if (answer == tlm::TLM_UPDATED)
        backward_phase(payload, phase);
    if (answer == tlm::TLM_COMPLETED && request)
        check_final_status(payload);
    if (answer != tlm::TLM_ACCEPTED)
        check_progress(payload, delay);
    if (answer == tlm::TLM_COMPLETED || phase == tlm::END_RESP)
        finish(payload);
    if (payload.has_mm())
        payload.release();
    return answer;
}

tlm::tlm_sync_enum protocol_checker::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                     sc_core::sc_time& delay) {
    backward_phase(payload, phase);
    check_progress(payload, delay);
    if (payload.has_mm())
        payload.acquire();
    const stopwatch watch;
    const tlm::tlm_sync_enum answer = target_socket->nb_transport_bw(payload, phase, delay);
    require(watch.untimed(), "11.1.2.4", "nb_transport_bw took simulated time");
    if (answer == tlm::TLM_UPDATED)
        forward_phase(payload, phase);
    if (answer != tlm::TLM_ACCEPTED)
        check_progress(payload, delay);
    if (answer == tlm::TLM_COMPLETED || phase == tlm::END_RESP)
        finish(payload);
    if (payload.has_mm())
        payload.release();
    return answer;
}

/// A phase that the initiator sent, by a call or by the return of one. Ignorable phases pass.
void protocol_checker::forward_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
    const auto known = m_in_flight.find(&payload);
    if (phase == tlm::BEGIN_REQ) {
        check_request(payload);
        require(payload.has_mm(), "14.5", "a non-blocking transaction has no memory manager");
        require(known == m_in_flight.end(), "15.2.4", "BEGIN_REQ for a transaction that is under way");
        require(m_requesting == nullptr || m_requesting == &payload, "15.2.6",
                "BEGIN_REQ before the request before has ended");
        m_requesting = &payload;
        m_in_flight[&payload] = {phase, sc_core::SC_ZERO_TIME, std::make_shared<snapshot>(payload)};
    } else if (phase == tlm::END_RESP) {
        const bool in_order = known != m_in_flight.end() && known->second.phase == tlm::BEGIN_RESP;
        require(in_order, "15.2.4", "END_RESP without a BEGIN_RESP before it");
        if (in_order)
            known->second.phase = phase;
        if (m_responding == &payload)
            m_responding = nullptr;
    } else {
        require(phase > tlm::END_RESP, "15.2.3",
                "an initiator sent a phase other than BEGIN_REQ and END_RESP");
    }
}

/// A phase that the target sent, by a call or by the return of one.
void protocol_checker::backward_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
    const auto known = m_in_flight.find(&payload);
    const tlm::tlm_phase before =
        known != m_in_flight.end() ? known->second.phase : tlm::tlm_phase(tlm::UNINITIALIZED_PHASE);
    if (phase == tlm::END_REQ) {
        require(before == tlm::BEGIN_REQ, "15.2.4", "END_REQ without a BEGIN_REQ before it");
    } else if (phase == tlm::BEGIN_RESP) {
        require(before == tlm::BEGIN_REQ || before == tlm::END_REQ, "15.2.4",
                "BEGIN_RESP without a request before it");
        require(m_responding == nullptr || m_responding == &payload, "15.2.6",
                "BEGIN_RESP before the END_RESP of the response before");
        check_final_status(payload);
        m_responding = &payload;
    } else {
        require(phase > tlm::END_RESP, "15.2.3", "a target sent a phase other than END_REQ and BEGIN_RESP");
        return;
    }
    if (m_requesting == &payload) // BEGIN_RESP ends the request too
        m_requesting = nullptr;
    if (known != m_in_flight.end())
        known->second.phase = phase;
}

/// The same transaction once more: attributes kept, and no step back in time.
void protocol_checker::check_progress(const tlm::tlm_generic_payload& payload,
                                      const sc_core::sc_time& delay) {
    const auto known = m_in_flight.find(&payload);
    if (known == m_in_flight.end())
        return;
    check_unchanged(*known->second.request, payload, "a non-blocking transaction");
    const sc_core::sc_time due = sc_core::sc_time_stamp() + delay;
    require(due >= known->second.due, "15.2.7", "the timing annotation of a transaction decreased");
    known->second.due = std::max(due, known->second.due);
}

void protocol_checker::finish(const tlm::tlm_generic_payload& payload) {
    m_in_flight.erase(&payload);
    if (m_requesting == &payload)
        m_requesting = nullptr;
    if (m_responding == &payload)
        m_responding = nullptr;
}

} // namespace vmcore
