#pragma once

#include "platform/board.h"

#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>

namespace vmcore::sim {

/// Looks at what is on a board's memory bus, by debug transport and the granting of DMI only: no simulated
/// time passes, and no device notices.
class bus_viewer : public sc_core::sc_module {
public:
    enum class kind {
        ram,   ///< grants direct access to write
        rom,   ///< grants direct access to read only
        device ///< grants none
    };

    bus_viewer(const sc_core::sc_module_name& name, board& viewed);

    kind kind_of(uint64_t address);

    /// @returns whether every byte is there, and can be read without an effect: many device registers cannot
    bool read(uint64_t address, uint8_t* to, unsigned length);

private:
    using initiator = tlm_utils::simple_initiator_socket<bus_viewer, 64>;

    initiator m_memory{"memory"};
    std::unique_ptr<initiator> m_ports; ///< nothing is asked there; a bus may have no other initiator
};

} // namespace vmcore::sim
