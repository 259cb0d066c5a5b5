#pragma once

#include "models/fw_cfg/controller.h"

namespace vmcore {

/// QEMU's fw_cfg in its memory-mapped form, as on the arm and riscv virt boards (QEMU, docs/specs/fw_cfg).
/// The register map is the list of `reg` members below, and the DMA address register at 0x10; 0x18 bytes.
/// Accesses that it does not list are refused with an error response and have no effect.
class fw_cfg : public fw_cfg_controller {
public:
    static constexpr uint64_t register_bytes = 0x18; ///< to map on a bus

    fw_cfg(const sc_core::sc_module_name& name, const config& settings);
    explicit fw_cfg(const sc_core::sc_module_name& name)
        : fw_cfg(name, config()) {}

private:
    uint64_t read_data_register(const register_access& access) { return read_data(access.size); }
    uint64_t peek_data_register(const register_access& access) const { return peek_data(access.size); }
    void write_data_register(const register_access& access, uint64_t) { ignore_data(access.size); }
    void write_selector(const register_access&, uint64_t value) { select(static_cast<uint16_t>(value)); }

    // "String preserving": a read of any size delivers the item's bytes in the order of addresses.
    reg m_data{m_registers,
               "data",
               {/* offset */ 0x00, /* width */ 8, byte_order::big, size_any, size_any},
               on(this, &fw_cfg::read_data_register),
               on(this, &fw_cfg::write_data_register),
               on(this, &fw_cfg::peek_data_register)};
    reg m_selector{m_registers,
                   "selector",
                   {/* offset */ 0x08, /* width */ 2, byte_order::big},
                   {},
                   on(this, &fw_cfg::write_selector)};
};

} // namespace vmcore
