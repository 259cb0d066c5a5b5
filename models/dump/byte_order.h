#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vmcore {

enum class byte_order { little, big };

/// The number in the `width` (1 to 8) bytes at `from`.
inline uint64_t load_number(byte_order order, const uint8_t* from, size_t width) {
    uint64_t number = 0;
    for (size_t i = 0; i < width; ++i)
        number = number << 8 | from[order == byte_order::big ? i : width - 1 - i];
    return number;
}

/// Stores the low `width` (1 to 8) bytes of `number` at `to`.
inline void store_number(byte_order order, uint8_t* to, size_t width, uint64_t number) {
    for (size_t i = 0; i < width; ++i)
        to[order == byte_order::big ? width - 1 - i : i] = static_cast<uint8_t>(number >> (8 * i));
}

/// A growing row of bytes in one byte order.
class byte_sink {
public:
    explicit byte_sink(byte_order order)
        : m_order(order) {}

    void put(uint64_t number, size_t width) {
        m_bytes.resize(m_bytes.size() + width);
        store_number(m_order, m_bytes.data() + m_bytes.size() - width, width, number);
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
