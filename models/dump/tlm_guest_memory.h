#pragma once

#include "models/dump/guest_state.h"

#include <cstdint>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

namespace vmcore {

/// Guest memory behind a TLM-2.0 socket, so that a dump can be taken on anybody's bus.
///
/// Reads through a DMI pointer where the bus grants one, else through transport_dbg; both take no simulated
/// time and have no side effects (IEEE 1666-2011, 11.2 and 11.3). DMI is asked for anew by each call, so a
/// later invalidation cannot leave a stale pointer behind.
class tlm_guest_memory : public sc_core::sc_module, public guest_memory {
public:
    tlm_utils::simple_initiator_socket<tlm_guest_memory, 64> socket{"socket"};

    /// RAM and ROM of the platform; a generic payload cannot be asked for them.
    struct block {
        uint64_t base = 0;
        uint64_t size = 0;
    };
    tlm_guest_memory(const sc_core::sc_module_name& name, std::vector<block> blocks);

    /// The blocks, ascending, with a host pointer where one DMI region covers the whole block.
    std::vector<memory_range> ranges() const override;

    /// Reads any address, also outside the blocks. Memory that begins or ends inside a 4 KiB page is found
    /// only where a block or the target's short answer tells its border.
    uint64_t read(uint64_t paddr, void* to, uint64_t length) const override;

private:
    struct window {
        const uint8_t* host = nullptr;
        uint64_t length = 0; ///< bytes that may be read from `host` on
    };
    window request_dmi(uint64_t paddr) const;
    uint64_t debug_read(uint64_t paddr, uint8_t* to, uint64_t length) const;
    uint64_t next_border(uint64_t paddr) const;

    std::vector<block> m_blocks;
};

} // namespace vmcore
