#pragma once

#include "models/fw_cfg/cursor.h"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace vmcore {

/// A use that a guest made of behaviour which the device has because QEMU has it, and on which no driver
/// should rely. Which fields count depends on the kind; the others are 0.
struct fw_cfg_quirk {
    enum class kind : uint8_t {
        absent_key,            ///< a key selected that has no item
        invalid_key,           ///< a key selected that is out of range
        write_channel_bit,     ///< a key selected with bit 14, which is ignored
        data_past_end,         ///< data register read behind the item's end, or of no item
        data_write,            ///< data register written
        refused_access,        ///< register access with an error response
        stale_high_half,       ///< DMA started with a high half of the address from before a reset
        descriptor_unreadable, ///< the DMA descriptor could not be fetched
        result_lost,           ///< the control word could not be written
        ignored_control_bits,  ///< ERROR or bits 15:5 set in control
        several_modes,         ///< more than one of READ, WRITE and SKIP
        no_mode,               ///< a length, but neither a mode nor SELECT
        transfer_without_item, ///< READ, WRITE or SKIP while no item is selected
        read_past_end,         ///< DMA READ behind the item's end
        skip_past_end,         ///< DMA SKIP behind the item's end
        write_past_end,        ///< DMA WRITE behind the item's end: refused as a whole
        write_read_only,       ///< DMA WRITE to a read-only item: refused
        target_not_written,    ///< guest memory did not take all that a READ delivered
        source_not_mapped,     ///< a WRITE's source could not be read: zeros went to the item
        own_registers,         ///< a DMA led back to the device's own registers
    };

    kind what;
    uint16_t key = 0;     ///< selected, or to be selected
    uint32_t offset = 0;  ///< in the item when the access began
    uint32_t length = 0;  ///< bytes of the access or transfer
    uint32_t size = 0;    ///< bytes of the item
    uint32_t control = 0; ///< of a DMA; for a register access 1 when it is a write
    uint64_t address = 0; ///< of guest memory, or of the register from the start of the device
    const char* why = ""; ///< of a refused access
};

/// The kind's name, a word to search for.
const char* name_of(fw_cfg_quirk::kind what);

/// What happened, in one line, with the numbers that matter; files of `items` have their names.
std::string describe(const fw_cfg_quirk& quirk, const item_table& items);

/// Looks for quirks in what a guest does. While nobody observes it costs one test per call.
class fw_cfg_quirk_watch {
public:
    using handler = std::function<void(const fw_cfg_quirk&)>;

    void observe(handler observer) { m_observer = std::move(observer); }

    /// The guest has selected a key.
    void selected(const item_table& items, uint16_t key) {
        if (m_observer)
            check_selected(items, key);
    }
    /// The guest is about to read `size` bytes from the data register.
    void data_read(const item_cursor& at, unsigned size) {
        if (m_observer && at.left() < size)
            raise(about(fw_cfg_quirk::kind::data_past_end, at, size));
    }
    /// A DMA descriptor has been fetched, and nothing done yet.
    void descriptor(uint32_t control, uint32_t length) {
        if (m_observer)
            check_descriptor(control, length);
    }
    /// A transfer of a length other than 0 in one mode, a bit of control, is about to begin.
    void transfer(const item_cursor& at, uint32_t mode, uint32_t length) {
        if (m_observer)
            check_transfer(at, mode, length);
    }
    /// Guest memory failed the engine. The refusal of the device's own registers, if there was one, is why.
    void memory_failed(fw_cfg_quirk::kind what, uint64_t address, uint32_t length, uint16_t key = 0);
    /// A DMA of the device came back to its registers.
    void came_back() { m_came_back = true; }
    void forget_came_back() { m_came_back = false; }

    void raise(const fw_cfg_quirk& quirk) {
        if (m_observer)
            m_observer(quirk);
    }

private:
    static fw_cfg_quirk about(fw_cfg_quirk::kind what, const item_cursor& at, uint32_t length);
    void check_selected(const item_table& items, uint16_t key);
    void check_descriptor(uint32_t control, uint32_t length);
    void check_transfer(const item_cursor& at, uint32_t mode, uint32_t length);

    handler m_observer;
    bool m_came_back = false;
};

} // namespace vmcore
