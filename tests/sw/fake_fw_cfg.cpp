#include "tests/sw/fake_fw_cfg.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace vmcore::test {
namespace {

fake_fw_cfg* current = nullptr;

template <typename T>
T from_big_endian(const uint8_t* bytes) {
    T value = 0;
    for (size_t i = 0; i < sizeof(T); i++) {
        value = static_cast<T>(value << 8 | bytes[i]);
    }
    return value;
}

void append_big_endian(std::vector<uint8_t>& to, uint64_t value, unsigned width) {
    for (unsigned shift = 8 * width; shift != 0; shift -= 8) {
        to.push_back(static_cast<uint8_t>(value >> (shift - 8)));
    }
}

uint64_t swapped(uint64_t value, unsigned width) {
    uint64_t result = 0;
    for (unsigned i = 0; i < width; i++, value >>= 8) {
        result = result << 8 | (value & 0xff);
    }
    return result;
}

} // namespace

fake_fw_cfg::fake_fw_cfg() {
    current = this;
    items[FW_CFG_KEY_SIGNATURE] = {'Q', 'E', 'M', 'U'};
    items[FW_CFG_KEY_FEATURES] = {3, 0, 0, 0};
    set_directory({});
}

fake_fw_cfg::~fake_fw_cfg() {
    current = nullptr;
}

void fake_fw_cfg::set_directory(const std::vector<file>& files, int64_t count) {
    std::vector<uint8_t>& directory = items[FW_CFG_KEY_DIRECTORY];
    directory.clear();
    append_big_endian(directory, count < 0 ? files.size() : static_cast<uint64_t>(count), 4);
    for (const file& entry : files) {
        append_big_endian(directory, entry.size, 4);
        append_big_endian(directory, entry.key, 2);
        append_big_endian(directory, 0, 2);
        std::string name = entry.name;
        name.resize(FW_CFG_NAME_SIZE);
        directory.insert(directory.end(), name.begin(), name.end());
    }
}

uint8_t fake_fw_cfg::next_byte() {
    const std::vector<uint8_t>& item = items[m_key];
    return m_offset < item.size() ? item[m_offset++] : 0;
}

uint64_t fake_fw_cfg::read(uintptr_t offset, unsigned width) {
    if (offset == 0 && width == 1) {
        data_reads++;
        return next_byte();
    }
    const bool high_half = offset == 16;
    if (width == 4 && (high_half || offset == 20)) {
        return dma_signature ? swapped(high_half ? 0x51454d55 : 0x20434647, 4) : 0;
    }
    throw std::logic_error("the driver made a read that the device refuses");
}

void fake_fw_cfg::write(uintptr_t offset, unsigned width, uint64_t value) {
    stores.push_back({offset, width, value});
    const uint64_t native = swapped(value, width);
    if (offset == 8 && width == 2) {
        m_key = static_cast<uint16_t>(native);
        m_offset = 0;
    } else if (offset == 16 && width == 8) {
        run(native);
    } else if (offset == 16 && width == 4) {
        m_high = native << 32;
    } else if (offset == 20 && width == 4) {
        run(m_high | native);
    } else {
        throw std::logic_error("the driver made a store that the device refuses");
    }
}

void fake_fw_cfg::run(uint64_t descriptor) {
    auto* const bytes = reinterpret_cast<uint8_t*>(descriptor);
    const transfer asked{from_big_endian<uint32_t>(bytes), from_big_endian<uint32_t>(bytes + 4),
                         from_big_endian<uint64_t>(bytes + 8)};
    transfers.push_back(asked);
    if (!completes) {
        return;
    }
    if ((asked.control & FW_CFG_DMA_SELECT) != 0) {
        m_key = static_cast<uint16_t>(asked.control >> 16);
        m_offset = 0;
    }
    auto* const memory = reinterpret_cast<uint8_t*>(asked.address);
    bool error = fails;
    if (!error && (asked.control & FW_CFG_DMA_READ) != 0) {
        std::generate_n(memory, asked.length, [this] { return next_byte(); });
    } else if (!error && (asked.control & FW_CFG_DMA_WRITE) != 0) {
        std::vector<uint8_t>& item = items[m_key];
        error = asked.length > item.size() - std::min(m_offset, item.size());
        if (!error && !forgets_writes) {
            std::copy_n(memory, asked.length, item.begin() + static_cast<std::ptrdiff_t>(m_offset));
        }
    } else if (!error && (asked.control & FW_CFG_DMA_SKIP) != 0) {
        m_offset += asked.length;
    }
    const uint8_t result[4] = {0, 0, 0, static_cast<uint8_t>(error ? 1 : 0)};
    std::memcpy(bytes, result, sizeof result);
}

} // namespace vmcore::test

extern "C" uint64_t fake_mmio_read(uintptr_t address, unsigned width) {
    return vmcore::test::current->read(address - vmcore::test::fake_fw_cfg::base, width);
}

extern "C" void fake_mmio_write(uintptr_t address, unsigned width, uint64_t value) {
    vmcore::test::current->write(address - vmcore::test::fake_fw_cfg::base, width, value);
}
