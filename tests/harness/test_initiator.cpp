#include "tests/harness/test_initiator.h"

namespace vmcore::test {

test_initiator::test_initiator(const sc_core::sc_module_name& name)
    : sc_core::sc_module(name) {
    socket.register_invalidate_direct_mem_ptr(this, &test_initiator::invalidate);
}

uint64_t test_initiator::result::value() const {
    uint64_t number = 0;
    for (size_t i = data.size(); i-- > 0;)
        number = number << 8 | data[i];
    return number;
}

test_initiator::result test_initiator::send(tlm::tlm_generic_payload& payload, sc_core::sc_time delay) {
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    socket->b_transport(payload, delay);
    const uint8_t* data = payload.get_data_ptr();
    return {payload.get_response_status(),
            {data, data + payload.get_data_length()},
            delay,
            payload.is_dmi_allowed()};
}

test_initiator::result test_initiator::read(uint64_t address, unsigned length) {
    std::vector<uint8_t> data(length);
    request payload(tlm::TLM_READ_COMMAND, address, data);
    return send(payload);
}

test_initiator::result test_initiator::write(uint64_t address, const std::vector<uint8_t>& data) {
    std::vector<uint8_t> copy = data;
    request payload(tlm::TLM_WRITE_COMMAND, address, copy);
    return send(payload);
}

test_initiator::result test_initiator::write_value(uint64_t address, uint64_t value, unsigned length) {
    std::vector<uint8_t> data;
    for (unsigned i = 0; i < length; ++i)
        data.push_back(static_cast<uint8_t>(value >> (8 * i)));
    return write(address, data);
}

test_initiator::result test_initiator::debug_read(uint64_t address, unsigned length) {
    std::vector<uint8_t> data(length);
    request payload(tlm::TLM_READ_COMMAND, address, data);
    const unsigned moved = socket->transport_dbg(payload);
    data.resize(moved);
    return {payload.get_response_status(), data, sc_core::SC_ZERO_TIME, false};
}

unsigned test_initiator::debug_write(uint64_t address, const std::vector<uint8_t>& data) {
    std::vector<uint8_t> copy = data;
    request payload(tlm::TLM_WRITE_COMMAND, address, copy);
    return socket->transport_dbg(payload);
}

bool test_initiator::request_dmi(uint64_t address, tlm::tlm_command command, tlm::tlm_dmi& dmi) {
    tlm::tlm_generic_payload payload;
    payload.set_address(address);
    payload.set_command(command);
    dmi.init();
    return socket->get_direct_mem_ptr(payload, dmi);
}

} // namespace vmcore::test
