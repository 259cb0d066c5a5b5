#pragma once

#include "models/fw_cfg/controller.h"

namespace vmcore {

/// QEMU's fw_cfg in its I/O-port form, as x86 machines have it (QEMU, docs/specs/fw_cfg). The register map is
/// the list of `reg` members below, and the DMA address register at 4. Accesses that it does not list are
/// refused with an error response and have no effect; nothing is at 2 and 3.
///
/// Map it as one range on a bus of I/O ports, whose addresses are port numbers:
///
///     ports.map("fw_cfg", fw_cfg_io::first_port, fw_cfg_io::register_bytes, firmware.socket);
///     firmware.dma.socket.bind(memory_bus.target_socket); // DMA goes to memory, not to ports
///
/// It answers to whole accesses as it gets them. What becomes of one that is misaligned or that crosses a
/// range is the affair of the initiator: see port_access for how QEMU cuts it.
class fw_cfg_io : public fw_cfg_controller {
public:
    static constexpr uint64_t first_port = 0x510;   ///< on a PC
    static constexpr uint64_t register_bytes = 0xc; ///< to map on a bus

    fw_cfg_io(const sc_core::sc_module_name& name, const config& settings);
    explicit fw_cfg_io(const sc_core::sc_module_name& name)
        : fw_cfg_io(name, config()) {}

private:
    uint64_t read_data_register(const register_access& access) { return read_data(access.size); }
    uint64_t peek_data_register(const register_access& access) const { return peek_data(access.size); }
    void write_selector(const register_access& access, uint64_t value);

    /// Two registers in one place: 2 bytes written are the selector; 1 byte, at either port, is the data
    /// register, whose writes do nothing since QEMU 2.4.
    reg m_selector_and_data{m_registers,
                            "selector_and_data",
                            {/* offset */ 0, /* width */ 2, byte_order::little, size_1, size_1 | size_2,
                             /* parts */ true},
                            on(this, &fw_cfg_io::read_data_register),
                            on(this, &fw_cfg_io::write_selector),
                            on(this, &fw_cfg_io::peek_data_register)};
};

} // namespace vmcore
