#pragma once

#include "models/fw_cfg/cursor.h"
#include "models/fw_cfg/dma.h"
#include "models/fw_cfg/item_table.h"
#include "models/fw_cfg/quirk.h"
#include "models/tlm/dma_port.h"
#include "models/tlm/peripheral.h"

#include <optional>
#include <string>
#include <systemc>
#include <vector>

namespace vmcore {

/// QEMU's firmware configuration device in any of its forms: items, selection and DMA. A front end derives
/// from it and declares the registers through which the guest comes: fw_cfg has those of the MMIO form,
/// fw_cfg_io those of the I/O-port form.
class fw_cfg_controller : public peripheral {
public:
    struct config {
        unsigned file_slots = item_table::default_slots; ///< files that fit, 0x10 to 0x3fe0
        bool dma_enabled = true;                         ///< feature bit 1 of the id item, DMA registers
        sc_core::sc_time access_latency;                 ///< of every register access
        dma_port::config dma;                            ///< how the engine moves blocks
    };

    /// The engine's way to guest memory; bind dma.socket to the bus, also when DMA is not enabled.
    dma_port dma;

    /// The items. The signature, the id and the file directory are there from the start; the board sets the
    /// others before the simulation starts, because keys of files are final then.
    item_table& items() { return m_items; }
    const item_table& items() const { return m_items; }
    /// Shorthands for what devices and boards do; see item_table for the errors.
    item& add_file(const std::string& name, std::vector<uint8_t> contents) {
        return m_items.add_file(name, std::move(contents));
    }
    item& add_writable_file(const std::string& name, std::vector<uint8_t> contents,
                            item::write_handler on_write) {
        return m_items.add_writable_file(name, std::move(contents), std::move(on_write));
    }

    bool dma_enabled() const { return m_dma_enabled; }
    /// Whether a transfer is under way. A long one waits now and then; whoever resets a whole board then lets
    /// it end first, or it goes on over memory that the reset has put in order.
    bool dma_in_progress() const { return engaged(); }
    /// The selected key, fw_cfg_key::invalid when it is out of range; for debuggers and tests.
    uint16_t selected_key() const { return m_cursor.key(); }
    uint32_t selected_offset() const { return m_cursor.offset(); }

    /// Selects key 0. Contents of items stay, and so does the high half of a DMA address that the guest may
    /// have written. A DMA in progress comes to its end.
    void reset() override;

    /// Calls the handler, within the guest's access, for every use that the guest makes of a quirk; see
    /// fw_cfg_quirk. What the guest sees is the same.
    void on_quirk(fw_cfg_quirk_watch::handler handler) { m_quirks.observe(std::move(handler)); }

protected:
    fw_cfg_controller(const sc_core::sc_module_name& name, const config& settings);

    void end_of_elaboration() override { m_items.finish(); }

    /// Declares the DMA address register, which is the same in every form: 8 bytes, big-endian; reads of any
    /// part give the constant "QEMU CFG". Not there when DMA is not enabled.
    /// @param offset bytes from the start of the peripheral
    void add_dma_register(uint64_t offset);

    void select(uint16_t key) {
        m_cursor.select(key);
        m_quirks.selected(m_items, key);
    }
    uint64_t read_data(unsigned size) {
        m_quirks.data_read(m_cursor, size);
        return m_cursor.read(size);
    }
    /// Writes of the data register do nothing since QEMU 2.4.
    void ignore_data(unsigned size);
    uint64_t peek_data(unsigned size) const { return m_cursor.peek(size); }

private:
    void refused(const tlm::tlm_generic_payload& payload, bool reentrant) override;
    uint64_t read_dma(const register_access& access) const;
    /// The address comes in two halves or as a whole; its low half starts the transfer. A high half replaces
    /// all of the address, and the address is 0 again when a transfer starts.
    void write_dma(const register_access& access, uint64_t value);
    void start_dma(uint64_t descriptor, sc_core::sc_time& delay);

    bool m_dma_enabled;
    item_table m_items;
    item_cursor m_cursor;
    fw_cfg_quirk_watch m_quirks;
    fw_cfg_dma m_engine;
    uint64_t m_dma_address = 0;
    bool m_high_half_is_stale = false; ///< it was written before a reset
    std::optional<reg> m_dma_register;
};

} // namespace vmcore
