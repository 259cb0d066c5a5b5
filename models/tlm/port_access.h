#pragma once

#include <cstdint>
#include <functional>
#include <systemc>
#include <tlm>

namespace vmcore {

/// The accesses that IN and OUT of an x86 CPU make on a bus of I/O ports, as QEMU's bus carries them out.
///
/// An access is cut into naturally aligned pieces of 1, 2 or 4 bytes, the largest possible first: a word at
/// an odd port becomes two bytes, each for whoever is there. A piece that nobody is there for
/// (TLM_ADDRESS_ERROR_RESPONSE) reads as ones, one that is refused for another reason as zeros. Refused
/// writes are lost. A CPU does not learn of any of this.
class port_access {
public:
    using transport = std::function<void(tlm::tlm_generic_payload&, sc_core::sc_time&)>;

    /// @param send hands a payload to the port bus, such as a socket's b_transport
    explicit port_access(transport send)
        : m_send(std::move(send)) {}

    /// @param size 1, 2 or 4 bytes; the value is little-endian
    uint32_t read(uint16_t port, unsigned size, sc_core::sc_time& delay);
    void write(uint16_t port, uint32_t value, unsigned size, sc_core::sc_time& delay);

private:
    void move(tlm::tlm_command command, uint16_t port, uint8_t* data, unsigned size, sc_core::sc_time& delay);
    void move_piece(tlm::tlm_command command, uint32_t port, uint8_t* data, unsigned size,
                    sc_core::sc_time& delay);

    transport m_send;
};

} // namespace vmcore
