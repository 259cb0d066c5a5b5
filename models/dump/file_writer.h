#pragma once

#include "models/dump/file_operations.h"
#include "models/dump/large_page_supply.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <sys/types.h>

namespace vmcore {

/// Writes bytes into a regular file, at any place and from several threads at once, in the way that its file
/// system is fast at.
class file_writer {
public:
    explicit file_writer(file_operations& operations)
        : m_operations(operations) {}

    /// From now on it is about this file. Before, nothing may be written.
    /// @param is_ours nobody else knows the file, so that nobody can make it shorter
    void open(int file, bool is_ours);

    /// The file is so long by now, and stays so while write() is at work: it need not grow.
    void set_size(uint64_t size);

    /// Whether a large page that is written as a whole, from a multiple of its size on, is likely to become
    /// one, and the file system has room for the file without any holes.
    bool has_large_pages() const { return m_large_pages.is_there() && m_has_room; }

    /// @returns 0 when all bytes are written, else the error's number
    int write(off_t to, const uint8_t* from, size_t length);

private:
    enum class file_system { other, tmpfs, ext4 };

    bool try_huge(off_t to, const uint8_t* from, size_t length);
    int write_small(off_t to, const uint8_t* from, size_t length);
    int write_alone(off_t to, const uint8_t* from, size_t length);

    file_operations& m_operations;
    int m_file = -1;
    file_system m_system = file_system::other;
    uint64_t m_size = 0;
    bool m_has_room = false; ///< for all of the file
    large_page_supply m_large_pages;
    std::atomic<bool> m_writing{false}; ///< a thread is in pwrite()
};

} // namespace vmcore
