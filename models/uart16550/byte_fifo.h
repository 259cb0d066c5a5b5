#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vmcore {

/// A queue of up to 16 bytes.
class byte_fifo {
public:
    static constexpr size_t capacity = 16;

    bool empty() const { return m_count == 0; }
    bool full() const { return m_count == capacity; }
    size_t size() const { return m_count; }
    uint8_t front() const { return m_bytes[m_first]; }
    void clear() { m_count = 0; }

    /// Only when not full.
    void push(uint8_t byte) { m_bytes[(m_first + m_count++) % capacity] = byte; }

    /// Only when not empty.
    uint8_t pop() {
        const uint8_t byte = m_bytes[m_first];
        m_first = (m_first + 1) % capacity;
        --m_count;
        return byte;
    }

private:
    std::array<uint8_t, capacity> m_bytes{};
    size_t m_first = 0;
    size_t m_count = 0;
};

} // namespace vmcore
