#pragma once

#include "models/tlm/port_access.h"
#include "platform/board.h"
#include "sim/run_control.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

namespace vmcore::sim {

/// The simulator's own initiator on a board's buses, for accesses from outside that have a guest's side
/// effects.
///
/// An access to memory is cut as QEMU cuts those of its qtest protocol: into naturally aligned pieces of at
/// most 8 bytes, of 4 where the target takes no 8. What is refused or not mapped has no effect and reads as
/// 0. For ports see port_access; where there are none they read as ones. Accesses take no simulated time of
/// their own; a DMA that one sets going may.
class bus_master : public sc_core::sc_module {
public:
    SC_HAS_PROCESS(bus_master);
    bus_master(const sc_core::sc_module_name& name, board& accessed, run_control& control);

    /// Has a job carried out in a thread process of the simulation, where the calls below are allowed. Jobs
    /// are carried out in order. To be called on the kernel's thread, between two slices.
    void submit(std::function<void()> job);

    // Within a job.
    void read(uint64_t address, uint8_t* to, uint64_t length);
    void write(uint64_t address, const uint8_t* from, uint64_t length);
    /// @param size 1, 2 or 4 bytes
    uint32_t read_port(uint16_t port, unsigned size);
    void write_port(uint16_t port, uint32_t value, unsigned size);

private:
    using initiator = tlm_utils::simple_initiator_socket<bus_master, 64>;

    void work();
    uint64_t move_directly(tlm::tlm_command command, uint64_t address, uint8_t* data, uint64_t length);
    unsigned move_piece(tlm::tlm_command command, uint64_t address, uint8_t* data, unsigned size);
    void move(tlm::tlm_command command, uint64_t address, uint8_t* data, uint64_t length);

    initiator m_memory{"memory"};
    initiator m_ports{"ports"};
    bool m_has_ports;
    port_access m_port_access;
    run_control& m_control;
    sc_core::sc_event m_submitted{"submitted"};
    std::deque<std::function<void()>> m_jobs;
};

} // namespace vmcore::sim
