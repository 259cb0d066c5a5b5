#pragma once

#include "models/tlm/dma_port.h"

#include <cstdint>
#include <systemc>

namespace vmcore {

/// Guest memory as the queues of a virtio device see it: numbers are little-endian, what is not mapped reads
/// as zeros and takes writes without effect, and the time that accesses take is gathered until it is spent.
class virtio_memory {
public:
    explicit virtio_memory(dma_port& port)
        : m_port(port) {}

    void read(uint64_t address, void* to, uint64_t length) { m_port.read(address, to, length, m_delay); }
    void write(uint64_t address, const void* from, uint64_t length) {
        m_port.write(address, from, length, m_delay);
    }
    uint16_t load16(uint64_t address);
    void store16(uint64_t address, uint16_t value);

    /// Bytes from `address` on, at most `length`, that are memory which can be read, or written.
    uint64_t memory_ahead(uint64_t address, uint64_t length, bool to_write) {
        return m_port.memory_ahead(to_write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, address,
                                   length);
    }

    /// The time gathered since the last call.
    sc_core::sc_time take_delay();

private:
    dma_port& m_port;
    sc_core::sc_time m_delay;
};

} // namespace vmcore
