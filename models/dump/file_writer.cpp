// How a file is written fast depends on what it is kept in. Every way leaves the same bytes behind, and where
// one fails another is tried, down to pwrite(), which is the one that tells an error.
//
// On tmpfs a write is bound by the processor: each page of 4 KiB is asked for, found a place in the file and
// filled. So what covers a whole large page of 2 MiB becomes one, which takes a third of the time, as long as
// there is a supply of them (large_page_supply.h).
//
// The rest is written by pwrite(). Two threads that do that to one file wait for each other: the kernel lets
// one write at a time into an inode. On tmpfs there is a way around it: pages that a mapping makes are added
// without that lock. So whoever finds another thread in pwrite() maps its part of the file and copies into
// it, and two writers are about one and a half times as fast as one. A mapping alone would be slower, since
// new pages are zeroed first. Only a file that nobody else knows is mapped: somebody else could make it
// shorter, which turns a touch into SIGBUS.
//
// On ext4 pages that have no place on the disk yet are accounted for one by one, and room for them is found
// when they go to the disk. To ask for all of it before a large write is faster by a third.
//
// A write() of a mebibyte makes the kernel look for large pages for the file's cache. Where free memory of
// that size is slow to get - the host of a virtual machine has taken it back - that takes ten times as long
// as the write. Pieces of 256 KiB are satisfied with less and, where it is not slow, as fast within 5 %.

#include "models/dump/file_writer.h"

#include <algorithm>
#include <cerrno>
#include <linux/magic.h>
#include <sys/vfs.h>

namespace vmcore {

static constexpr size_t smallest_mapping = 64 << 10; // a smaller one takes longer than waiting for the lock
static constexpr size_t smallest_allocation = 256 << 10; // a smaller one takes longer than it saves
static constexpr size_t largest_write = 256 << 10;

namespace {

/// Ends, with its scope, the time in which a flag is up; null: there is no flag.
struct turn {
    std::atomic<bool>* flag;
    ~turn() {
        if (flag != nullptr)
            *flag = false;
    }
};

} // namespace

void file_writer::open(int file, bool is_ours) {
    m_file = file;
    struct statfs system;
    if (::fstatfs(file, &system) != 0)
        return;
    if (system.f_type == TMPFS_MAGIC && is_ours)
        m_system = file_system::tmpfs;
    if (system.f_type == EXT4_SUPER_MAGIC)
        m_system = file_system::ext4;
    m_large_pages.open(m_system == file_system::tmpfs);
}

void file_writer::set_size(uint64_t size) {
    m_size = size;
    struct statfs system;
    m_has_room = ::fstatfs(m_file, &system) == 0 &&
                 (system.f_blocks == 0 || // of a tmpfs without a limit
                  size <= static_cast<uint64_t>(system.f_bavail) * static_cast<uint64_t>(system.f_bsize));
}

int file_writer::write(off_t to, const uint8_t* from, size_t length) {
    constexpr size_t huge = file_operations::huge_page;
    while (length > 0) {
        // Up to the next border between large pages, or as many of them as there are.
        const size_t to_border = huge - static_cast<size_t>(to) % huge;
        const bool is_huge = to_border == huge && length >= huge;
        const size_t step = is_huge                    ? length / huge * huge
                            : m_large_pages.is_there() ? std::min(to_border, length)
                                                       : length;
        if (!is_huge || !try_huge(to, from, step))
            if (const int error = write_small(to, from, step))
                return error;
        to += static_cast<off_t>(step);
        from += step;
        length -= step;
    }
    return 0;
}

/// Large pages that are refused once would most likely be refused again, after a long search for memory.
bool file_writer::try_huge(off_t to, const uint8_t* from, size_t length) {
    if (static_cast<uint64_t>(to) + length > m_size || !m_large_pages.ask())
        return false;
    const std::chrono::nanoseconds before = m_operations.processor_time();
    if (m_operations.write_huge(m_file, from, length, to)) {
        const auto pages = static_cast<int64_t>(length / file_operations::huge_page);
        m_large_pages.given((m_operations.processor_time() - before) / pages);
        return true;
    }
    if (errno != EAGAIN)
        m_large_pages.refused();
    return false;
}

int file_writer::write_small(off_t to, const uint8_t* from, size_t length) {
    if (m_system == file_system::ext4 && length >= smallest_allocation)
        m_operations.allocate(m_file, to, static_cast<off_t>(length));
    const bool may_map = m_system == file_system::tmpfs && length >= smallest_mapping &&
                         static_cast<uint64_t>(to) + length <= m_size;
    const bool is_first = may_map && !m_writing.exchange(true);
    if (may_map && !is_first && m_operations.write_mapped(m_file, from, length, to))
        return 0;
    const turn mine{is_first ? &m_writing : nullptr};
    return write_alone(to, from, length);
}

int file_writer::write_alone(off_t to, const uint8_t* from, size_t length) {
    while (length > 0) {
        const ssize_t written = m_operations.pwrite(m_file, from, std::min(length, largest_write), to);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        if (written == 0)
            return EIO; // nothing written and no reason given: trying for ever would hang
        from += written;
        to += written;
        length -= static_cast<size_t>(written);
    }
    return 0;
}

} // namespace vmcore
