#include "models/fw_cfg/quirk.h"

#include "models/fw_cfg/dma.h"

#include <algorithm>
#include <sstream>

namespace vmcore {

using kind = fw_cfg_quirk::kind;

static constexpr uint32_t modes = fw_cfg_dma::read | fw_cfg_dma::write | fw_cfg_dma::skip;
static constexpr uint32_t ignored_bits = 0xffe0 | fw_cfg_dma::error;

fw_cfg_quirk fw_cfg_quirk_watch::about(kind what, const item_cursor& at, uint32_t length) {
    fw_cfg_quirk quirk{what};
    quirk.key = at.key();
    quirk.offset = at.offset();
    quirk.length = length;
    quirk.size = at.current() == nullptr ? 0 : at.current()->size();
    return quirk;
}

void fw_cfg_quirk_watch::check_selected(const item_table& items, uint16_t key) {
    fw_cfg_quirk quirk{kind::invalid_key};
    quirk.key = key;
    if (items.slot(key) == nullptr)
        return raise(quirk);
    if (key & 0x4000) {
        quirk.what = kind::write_channel_bit;
        raise(quirk);
    }
    if (items.find(key) == nullptr) {
        quirk.what = kind::absent_key;
        raise(quirk);
    }
}

void fw_cfg_quirk_watch::check_descriptor(uint32_t control, uint32_t length) {
    fw_cfg_quirk quirk{kind::ignored_control_bits};
    quirk.control = control;
    quirk.length = length;
    if (control & ignored_bits)
        raise(quirk);
    const uint32_t mode = control & modes;
    quirk.what = mode == 0 ? kind::no_mode : kind::several_modes;
    const bool without = mode == 0 && length != 0 && (control & fw_cfg_dma::select) == 0;
    if (without || (mode & (mode - 1)) != 0)
        raise(quirk);
}

void fw_cfg_quirk_watch::check_transfer(const item_cursor& at, uint32_t mode, uint32_t length) {
    fw_cfg_quirk quirk = about(kind::transfer_without_item, at, length);
    quirk.control = mode;
    const item* chosen = at.current();
    if (chosen == nullptr)
        return raise(quirk);
    if (mode == fw_cfg_dma::write && !chosen->writable())
        quirk.what = kind::write_read_only;
    else if (length > at.left())
        quirk.what = mode == fw_cfg_dma::read    ? kind::read_past_end
                     : mode == fw_cfg_dma::write ? kind::write_past_end
                                                 : kind::skip_past_end;
    else
        return;
    raise(quirk);
}

void fw_cfg_quirk_watch::memory_failed(kind what, uint64_t address, uint32_t length, uint16_t key) {
    fw_cfg_quirk quirk{m_came_back ? kind::own_registers : what};
    m_came_back = false;
    quirk.address = address;
    quirk.length = length;
    quirk.key = key;
    raise(quirk);
}

const char* name_of(kind what) {
    switch (what) {
    case kind::absent_key: return "absent_key";
    case kind::invalid_key: return "invalid_key";
    case kind::write_channel_bit: return "write_channel_bit";
    case kind::data_past_end: return "data_past_end";
    case kind::data_write: return "data_write";
    case kind::refused_access: return "refused_access";
    case kind::stale_high_half: return "stale_high_half";
    case kind::descriptor_unreadable: return "descriptor_unreadable";
    case kind::result_lost: return "result_lost";
    case kind::ignored_control_bits: return "ignored_control_bits";
    case kind::several_modes: return "several_modes";
    case kind::no_mode: return "no_mode";
    case kind::transfer_without_item: return "transfer_without_item";
    case kind::read_past_end: return "read_past_end";
    case kind::skip_past_end: return "skip_past_end";
    case kind::write_past_end: return "write_past_end";
    case kind::write_read_only: return "write_read_only";
    case kind::target_not_written: return "target_not_written";
    case kind::source_not_mapped: return "source_not_mapped";
    case kind::own_registers: return "own_registers";
    }
    return "unknown";
}

static std::string hex(uint64_t number, unsigned digits = 1) {
    std::ostringstream text;
    text << std::hex << number;
    const std::string figures = text.str();
    return "0x" + std::string(digits - std::min<size_t>(digits, figures.size()), '0') + figures;
}

static std::string bytes(uint32_t count) {
    return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

static std::string key_text(uint16_t key, const item_table& items) {
    const std::string number = "key " + hex(key, 4);
    for (const item_table::file& file : items.files())
        if (file.key == (key & ~0x4000))
            return number + " (" + file.name + ")";
    return number;
}

static std::string moved(const fw_cfg_quirk& quirk) {
    const uint32_t left = quirk.size - std::min(quirk.size, quirk.offset);
    const uint32_t end = quirk.offset + std::min(left, quirk.length);
    return end == quirk.offset ? "refused" : "refused, but the offset moved to " + std::to_string(end);
}

static std::string mode_name(uint32_t mode) {
    return mode == fw_cfg_dma::read ? "READ" : mode == fw_cfg_dma::write ? "WRITE" : "SKIP";
}

/// Where a transfer met the item's end: "at offset 4 of key 0x0021 (opt/a), which has 10 bytes".
static std::string place(const fw_cfg_quirk& quirk, const std::string& key) {
    return " at offset " + std::to_string(quirk.offset) + " of " + key + ", which has " + bytes(quirk.size);
}

static std::string selection_text(const fw_cfg_quirk& quirk, const std::string& key) {
    switch (quirk.what) {
    case kind::absent_key: return key + " selected, which has no item: it reads as zeros";
    case kind::invalid_key: return key + " selected, which is out of range: it reads as zeros";
    default: return key + " selected: bit 0x4000 is ignored";
    }
}

static std::string register_text(const fw_cfg_quirk& quirk, const std::string& key) {
    switch (quirk.what) {
    case kind::data_past_end:
        return "data register read of " + bytes(quirk.length) + place(quirk, key) + ": zeros behind the end";
    case kind::data_write: return "data register write of " + bytes(quirk.length) + ": ignored";
    case kind::stale_high_half:
        return "low half of the DMA address written, and the high half " + hex(quirk.address >> 32) +
               " dates from before a reset";
    default:
        return std::string(quirk.control ? "write" : "read") + " of " + bytes(quirk.length) +
               " at register offset " + hex(quirk.address) + ": refused, " + quirk.why;
    }
}

static std::string memory_text(const fw_cfg_quirk& quirk, const std::string& key) {
    switch (quirk.what) {
    case kind::descriptor_unreadable:
        return "DMA descriptor at " + hex(quirk.address) + " cannot be read: ERROR is all that comes of it";
    case kind::result_lost:
        return "DMA result at " + hex(quirk.address) + " cannot be written: the guest does not see it";
    case kind::target_not_written:
        return "DMA READ of " + bytes(quirk.length) + " of " + key + " to " + hex(quirk.address) +
               ", not all of which can be written: ERROR, but the offset moved";
    case kind::source_not_mapped:
        return "DMA WRITE of " + bytes(quirk.length) + " to " + key + " from " + hex(quirk.address) +
               ", not all of which can be read: ERROR, but zeros went to the item";
    default:
        return "DMA of " + bytes(quirk.length) + " at " + hex(quirk.address) +
               ", where the device has its own registers: ERROR";
    }
}

static std::string transfer_text(const fw_cfg_quirk& quirk, const std::string& key) {
    switch (quirk.what) {
    case kind::transfer_without_item:
        return "DMA " + mode_name(quirk.control) + " of " + bytes(quirk.length) +
               " while no item is selected: " +
               (quirk.control == fw_cfg_dma::read    ? "zeros delivered"
                : quirk.control == fw_cfg_dma::write ? "refused"
                                                     : "nothing skipped");
    case kind::read_past_end:
        return "DMA READ of " + bytes(quirk.length) + place(quirk, key) + ": zeros behind the end";
    case kind::skip_past_end:
        return "DMA SKIP of " + bytes(quirk.length) + place(quirk, key) + ": stops at the end";
    case kind::write_past_end:
        return "DMA WRITE of " + bytes(quirk.length) + place(quirk, key) + ": " + moved(quirk);
    default:
        return "DMA WRITE of " + bytes(quirk.length) + " to " + key + ", which is read-only: " + moved(quirk);
    }
}

std::string describe(const fw_cfg_quirk& quirk, const item_table& items) {
    const std::string key = key_text(quirk.key, items);
    switch (quirk.what) {
    case kind::absent_key:
    case kind::invalid_key:
    case kind::write_channel_bit: return selection_text(quirk, key);
    case kind::data_past_end:
    case kind::data_write:
    case kind::stale_high_half:
    case kind::refused_access: return register_text(quirk, key);
    case kind::ignored_control_bits:
        return "DMA control " + hex(quirk.control, 8) + ": bits " + hex(quirk.control & ignored_bits) +
               " are ignored";
    case kind::several_modes:
        return "DMA control " + hex(quirk.control, 8) + ": several of READ, WRITE and SKIP, the first counts";
    case kind::no_mode:
        return "DMA control " + hex(quirk.control, 8) + ": nothing to do with " + bytes(quirk.length);
    case kind::descriptor_unreadable:
    case kind::result_lost:
    case kind::target_not_written:
    case kind::source_not_mapped:
    case kind::own_registers: return memory_text(quirk, key);
    default: return transfer_text(quirk, key);
    }
}

} // namespace vmcore
