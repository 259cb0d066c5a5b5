#pragma once

#include <unistd.h>
#include <utility>

namespace vmcore::sim {

/// A descriptor that is closed when its owner goes; -1 for none.
class file_descriptor {
public:
    file_descriptor() = default;
    explicit file_descriptor(int number)
        : m_number(number) {}
    file_descriptor(file_descriptor&& other) noexcept
        : m_number(std::exchange(other.m_number, -1)) {}
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        std::swap(m_number, other.m_number);
        return *this;
    }
    ~file_descriptor() {
        if (m_number >= 0)
            ::close(m_number);
    }

    int get() const { return m_number; }
    int release() { return std::exchange(m_number, -1); }
    explicit operator bool() const { return m_number >= 0; }

private:
    int m_number = -1;
};

} // namespace vmcore::sim
