#pragma once

#include "models/tlm/unmapped_extension.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

namespace vmcore {

/// An initiator for devices that move blocks of memory.
///
/// Blocks go through DMI where the target grants it. Elsewhere they are split into naturally aligned bursts,
/// at first of config.max_burst bytes, then halved for as long as the target refuses the length or the
/// address (an edge of the map may lie inside the burst). Both ways take the same time where latencies are
/// per bus word.
///
/// A transfer is walked to its end whatever happens on the way: bytes that the bus refuses are skipped (reads
/// deliver zeros for them), the others are moved, and the transfer as a whole reports failure. Addresses wrap
/// at 2^64. Call transfers from an SC_THREAD: every config.sync_bytes they wait for the time they have taken,
/// so that a guest's longest transfer leaves the kernel room to schedule. One transfer at a time: a device
/// that several processes can set going holds a peripheral::engagement meanwhile.
class dma_port : public sc_core::sc_module {
public:
    struct config {
        unsigned max_burst = 64;        ///< bytes, a power of two, 8 to 4096
        uint64_t sync_bytes = 1u << 20; ///< bytes between two waits of a long transfer
        bool dmi = true;                ///< use direct memory pointers
    };

    tlm_utils::simple_initiator_socket<dma_port, 64> socket{"socket"};

    explicit dma_port(const sc_core::sc_module_name& name, const config& settings);
    explicit dma_port(const sc_core::sc_module_name& name)
        : dma_port(name, config()) {}
    ~dma_port() override { m_payload.clear_extension(&m_unmapped); } // else the payload would delete it

    /// Each returns whether every byte was moved. The time taken is added to delay.
    bool read(uint64_t address, void* to, uint64_t length, sc_core::sc_time& delay);
    bool write(uint64_t address, const void* from, uint64_t length, sc_core::sc_time& delay);
    /// Writes zeros.
    bool clear(uint64_t address, uint64_t length, sc_core::sc_time& delay);

    /// How many bytes from `address` on, at most `length`, are memory: a target that grants direct pointers
    /// for the command. Takes no time, moves nothing, and may be called during a transfer.
    uint64_t memory_ahead(tlm::tlm_command command, uint64_t address, uint64_t length);

private:
    bool transfer(tlm::tlm_command command, uint64_t address, uint8_t* data, uint64_t length,
                  sc_core::sc_time& delay);
    uint64_t transfer_direct(tlm::tlm_command command, uint64_t address, uint8_t* data, uint64_t length,
                             sc_core::sc_time& delay);
    /// One burst; returns the bytes passed over and sets `moved`.
    uint64_t transfer_burst(tlm::tlm_command command, uint64_t address, uint8_t* data, uint64_t length,
                            sc_core::sc_time& delay, bool& moved);
    const tlm::tlm_dmi* find_direct(tlm::tlm_command command, uint64_t address) const;
    bool request_direct(tlm::tlm_command command, uint64_t address);
    void invalidate(sc_dt::uint64 start, sc_dt::uint64 end);

    config m_config;
    tlm::tlm_generic_payload m_payload;
    unmapped_extension m_unmapped;
    std::vector<tlm::tlm_dmi> m_direct;
    std::vector<uint8_t> m_buffer;
};

} // namespace vmcore
