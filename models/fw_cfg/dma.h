#pragma once

#include "models/fw_cfg/cursor.h"
#include "models/fw_cfg/quirk.h"
#include "models/tlm/dma_port.h"

#include <cstdint>
#include <systemc>

namespace vmcore {

/// The DMA engine of fw_cfg: fetches a descriptor from guest memory, does what it says with the selected
/// item, and writes the outcome to the descriptor's control word.
///
/// A descriptor is 16 bytes, big-endian, of any alignment: control u32, length u32, address u64
/// (QEMU, docs/specs/fw_cfg, "Guest-side DMA Interface"). It is read once; what the guest does to it
/// during the transfer has no effect.
class fw_cfg_dma {
public:
    /// Bits of the control word; bits 31:16 are the key to select.
    enum control : uint32_t { error = 1, read = 2, skip = 4, select = 8, write = 16 };

    fw_cfg_dma(item_cursor& cursor, dma_port& port, const item_table& items, fw_cfg_quirk_watch& quirks)
        : m_cursor(cursor)
        , m_port(port)
        , m_items(items)
        , m_quirks(quirks) {}

    /// Carries out the descriptor at a guest-physical address. Call it from a thread process: a long transfer
    /// waits now and then (see dma_port). The time taken is added to delay.
    void run(uint64_t descriptor, sc_core::sc_time& delay);

private:
    bool transfer(uint32_t control_word, uint64_t address, uint32_t length, sc_core::sc_time& delay);
    bool read_item(uint64_t address, uint32_t length, sc_core::sc_time& delay);
    bool write_item(uint64_t address, uint32_t length, sc_core::sc_time& delay);
    bool write_result(uint64_t descriptor, bool success, sc_core::sc_time& delay);

    item_cursor& m_cursor;
    dma_port& m_port;
    const item_table& m_items;
    fw_cfg_quirk_watch& m_quirks;
};

} // namespace vmcore
