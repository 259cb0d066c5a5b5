#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace vmcore::fuzz {

/// Takes an input apart from front to back. Behind its end there are zeros.
class byte_reader {
public:
    byte_reader(const uint8_t* data, size_t size)
        : m_next(data)
        , m_end(data + size) {}

    bool empty() const { return m_next == m_end; }
    size_t left() const { return static_cast<size_t>(m_end - m_next); }

    uint8_t byte() { return empty() ? uint8_t(0) : *m_next++; }

    /// A little-endian number of 1 to 8 bytes.
    uint64_t number(unsigned size) {
        uint64_t value = 0;
        for (unsigned i = 0; i < size; ++i)
            value |= uint64_t(byte()) << (8 * i);
        return value;
    }

    /// At most `size` bytes: as many as there are.
    std::vector<uint8_t> take(size_t size) {
        const uint8_t* start = m_next;
        m_next += std::min(size, left());
        return {start, m_next};
    }

    std::vector<uint8_t> rest() { return take(left()); }

private:
    const uint8_t* m_next;
    const uint8_t* m_end;
};

} // namespace vmcore::fuzz
