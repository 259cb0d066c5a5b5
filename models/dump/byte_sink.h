#pragma once

#include "models/tlm/endian.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vmcore {

/// A growing row of bytes in one byte order.
class byte_sink {
public:
    explicit byte_sink(byte_order order)
        : m_order(order) {}

    void put(uint64_t number, size_t width) {
        m_bytes.resize(m_bytes.size() + width);
        store_bytes(m_bytes.data() + m_bytes.size() - width, number, static_cast<unsigned>(width), m_order);
    }
    void put_bytes(const void* from, size_t length) {
        const uint8_t* first = static_cast<const uint8_t*>(from);
        m_bytes.insert(m_bytes.end(), first, first + length);
    }
    /// Appends zeros up to a length.
    void pad_to(size_t length) { m_bytes.resize(length); }

    size_t size() const { return m_bytes.size(); }
    const std::vector<uint8_t>& bytes() const { return m_bytes; }

private:
    byte_order m_order;
    std::vector<uint8_t> m_bytes;
};

} // namespace vmcore
