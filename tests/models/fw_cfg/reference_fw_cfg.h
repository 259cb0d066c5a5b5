#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace vmcore::test {

/// fw_cfg once more, as plain as possible and byte by byte, to compare the model with. Written from the
/// description of the device, without a look at the model.
struct reference_fw_cfg {
    std::map<unsigned, std::vector<uint8_t>> items; ///< by key; absent ones are empty
    unsigned writable_key = 0;
    unsigned slots = 0x20;
    /// One byte of the machine's memory; false where there is none, or none of that kind.
    std::function<bool(uint64_t address, uint8_t& byte)> load;
    std::function<bool(uint64_t address, uint8_t byte)> store;
    /// From an address where nothing can be stored: how many bytes of that there are at least.
    std::function<uint64_t(uint64_t address)> gap;
    std::vector<std::pair<uint32_t, uint32_t>> writes;

    unsigned key = 0;
    uint64_t offset = 0, address = 0;

    void select(unsigned selector) {
        key = (selector & 0x3fff) >= 0x20 + slots ? 0xffff : selector;
        offset = 0;
    }
    std::vector<uint8_t>& item() { return items[key == 0xffff ? 0xffff : key & ~0x4000u]; }
    uint8_t next() { return offset < item().size() ? item()[offset++] : 0; }

    /// Returns whether the access is accepted; fills in what a read delivers.
    bool read_register(unsigned at, std::vector<uint8_t>& data) {
        const size_t size = data.size();
        if (at == 0)
            for (uint8_t& byte : data)
                byte = next();
        else if (at >= 16 && at % size == 0 && at + size <= 24)
            std::copy_n(std::string("QEMU CFG").begin() + (at - 16), size, data.begin());
        else
            return false;
        return true;
    }
    bool write_register(unsigned at, const std::vector<uint8_t>& data) {
        const size_t size = data.size();
        uint64_t value = 0;
        for (uint8_t byte : data)
            value = value << 8 | byte;
        if (at == 0)
            return true;
        if (at == 8 && size == 2)
            select(static_cast<unsigned>(value));
        else if (at == 16 && size == 4)
            address = value << 32;
        else if (at == 20 && size == 4)
            transfer(address | value);
        else if (at == 16 && size == 8)
            transfer(value);
        else
            return false;
        return true;
    }

    void transfer(uint64_t descriptor) {
        address = 0;
        bool good = true;
        uint64_t word[2] = {};
        for (unsigned i = 0; i < 16; ++i) {
            uint8_t byte = 0;
            good = load(descriptor + i, byte) && good;
            word[i / 8] = word[i / 8] << 8 | byte;
        }
        if (good)
            good = carry_out(static_cast<uint32_t>(word[0] >> 32), static_cast<uint32_t>(word[0]), word[1]);
        for (unsigned i = 0; i < 4; ++i)
            store(descriptor + i, i == 3 && !good);
    }
    bool carry_out(uint32_t control, uint64_t length, uint64_t target) {
        if (control & 8)
            select(control >> 16);
        const uint64_t part =
            std::min<uint64_t>(length, item().size() - std::min<uint64_t>(item().size(), offset));
        bool good = true;
        if (control & 2) {
            for (uint64_t i = 0; i < part; ++i)
                good = store(target + i, next()) && good;
            const bool whole = good;
            for (uint64_t i = part; i < length && whole;) {
                const bool stored = store(target + i, 0);
                i += stored ? 1 : gap(target + i);
                good = good && stored;
            }
        } else if (control & 16) {
            const uint64_t start = offset;
            offset += part;
            if (length > 0 && (part < length || (key & ~0x4000u) != writable_key))
                return false;
            for (uint64_t i = 0; i < length; ++i) {
                uint8_t byte = 0;
                good = load(target + i, byte) && good;
                item()[start + i] = byte;
            }
            if (good && length > 0)
                writes.emplace_back(start, length);
        } else if (control & 4) {
            offset += part;
        }
        return good;
    }
};

} // namespace vmcore::test
