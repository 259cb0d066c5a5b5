#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace vmcore::lint {

/// The file cannot be judged: it cannot be read, or it is no dump. One line that says what was expected.
class not_a_dump : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Bytes with an address, of which any part can be read at any time.
class byte_source {
public:
    virtual ~byte_source() = default;

    virtual uint64_t size() const = 0;

    /// Copies up to `length` bytes from `offset` on; returns how many there were. Fewer only at the end.
    /// @throws not_a_dump when the operating system refuses
    virtual size_t read(uint64_t offset, void* to, size_t length) const = 0;

    bool read_all(uint64_t offset, void* to, size_t length) const {
        return read(offset, to, length) == length;
    }

    /// Whether `length` bytes from `offset` on are there. Takes any two numbers.
    bool holds(uint64_t offset, uint64_t length) const {
        return offset <= size() && length <= size() - offset;
    }
};

/// A file, read in pieces: no more memory than the reader's own buffer.
class file_source : public byte_source {
public:
    /// @throws not_a_dump: the file cannot be opened, or is one in which nobody can seek
    explicit file_source(const std::string& path);
    ~file_source() override;
    file_source(const file_source&) = delete;
    file_source& operator=(const file_source&) = delete;

    uint64_t size() const override { return m_size; }
    size_t read(uint64_t offset, void* to, size_t length) const override;

private:
    int m_descriptor = -1;
    uint64_t m_size = 0;
};

} // namespace vmcore::lint
