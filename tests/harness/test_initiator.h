#pragma once

#include <cstdint>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

namespace vmcore::test {

/// A payload over a buffer, ready to send; tests change what they are about.
class request : public tlm::tlm_generic_payload {
public:
    request(tlm::tlm_command command, uint64_t address, std::vector<uint8_t>& data) {
        set_command(command);
        set_address(address);
        set_data_ptr(data.data());
        set_data_length(static_cast<unsigned>(data.size()));
        set_streaming_width(static_cast<unsigned>(data.size()));
    }
};

/// An initiator that a test body drives by hand. Every function returns what the target answered.
class test_initiator : public sc_core::sc_module {
public:
    tlm_utils::simple_initiator_socket<test_initiator, 64> socket{"socket"};

    explicit test_initiator(const sc_core::sc_module_name& name);

    struct result {
        tlm::tlm_response_status status;
        std::vector<uint8_t> data;
        sc_core::sc_time delay;
        bool dmi_hint;

        bool ok() const { return status == tlm::TLM_OK_RESPONSE; }
        uint64_t value() const; ///< the data bytes as a little-endian number
    };

    result read(uint64_t address, unsigned length);
    result write(uint64_t address, const std::vector<uint8_t>& data);
    /// Writes a little-endian number of 1 to 8 bytes.
    result write_value(uint64_t address, uint64_t value, unsigned length);
    /// Any payload; sets the response to INCOMPLETE and sends it with the delay given.
    result send(tlm::tlm_generic_payload& payload, sc_core::sc_time delay = sc_core::SC_ZERO_TIME);

    /// Bytes moved; data is cut to them.
    result debug_read(uint64_t address, unsigned length);
    unsigned debug_write(uint64_t address, const std::vector<uint8_t>& data);

    bool request_dmi(uint64_t address, tlm::tlm_command command, tlm::tlm_dmi& dmi);

    /// Ranges that targets invalidated so far, ends inclusive.
    std::vector<std::pair<uint64_t, uint64_t>> invalidations;

private:
    void invalidate(sc_dt::uint64 start, sc_dt::uint64 end) { invalidations.emplace_back(start, end); }
};

} // namespace vmcore::test
