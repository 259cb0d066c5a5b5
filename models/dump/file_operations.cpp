#include "models/dump/file_operations.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace vmcore {

ssize_t file_operations::pwrite(int file, const void* from, size_t length, off_t offset) {
    return ::pwrite(file, from, length, offset);
}
ssize_t file_operations::write(int file, const void* from, size_t length) {
    return ::write(file, from, length);
}
int file_operations::ftruncate(int file, off_t size) {
    return ::ftruncate(file, size);
}
int file_operations::fsync(int file) {
    return ::fsync(file);
}
int file_operations::close(int file) {
    return ::close(file);
}
int file_operations::rename(const char* from, const char* to) {
    return std::rename(from, to);
}

namespace {

/// Has the kernel fill pages that the mapped file does not have yet with these bytes, which saves zeroing
/// them first. False: it may not be asked, or some pages are there already.
bool fill_new_pages(void* pages, const void* from, size_t length) {
    const auto file = static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY));
    if (file < 0)
        return false;
    uffdio_api api{};
    api.api = UFFD_API;
    uffdio_register range{};
    range.range = {reinterpret_cast<uintptr_t>(pages), length};
    range.mode = UFFDIO_REGISTER_MODE_MISSING;
    uffdio_copy copy{};
    copy.dst = reinterpret_cast<uintptr_t>(pages);
    copy.src = reinterpret_cast<uintptr_t>(from);
    copy.len = length;
    copy.mode = UFFDIO_COPY_MODE_DONTWAKE;
    const bool is_filled = ::ioctl(file, UFFDIO_API, &api) == 0 &&
                           ::ioctl(file, UFFDIO_REGISTER, &range) == 0 &&
                           ::ioctl(file, UFFDIO_COPY, &copy) == 0;
    ::close(file);
    return is_filled;
}

} // namespace

// Pages that are there are asked for before they are touched: a file system without room answers that with an
// error, but a touch with SIGBUS. What holds the pages then cannot lose them.
bool file_operations::write_mapped(int file, const void* from, size_t length, off_t offset) {
    const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    const auto in_page = static_cast<size_t>(offset) % page;
    const size_t mapped = length + in_page;
    void* place = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file,
                         offset - static_cast<off_t>(in_page));
    if (place == MAP_FAILED)
        return false;
    const bool is_whole = in_page == 0 && length % page == 0;
    bool is_there = is_whole && fill_new_pages(place, from, length);
    if (!is_there && ::madvise(place, mapped, MADV_POPULATE_WRITE) == 0) {
        std::memcpy(static_cast<uint8_t*>(place) + in_page, from, length);
        is_there = true;
    }
    ::munmap(place, mapped);
    return is_there;
}

namespace {

/// A part of a file, mapped where a large page of the host can be: at an address like its offset.
class huge_mapping {
public:
    huge_mapping(int file, size_t length, off_t offset)
        : m_reserved(length + file_operations::huge_page) {
        m_start = ::mmap(nullptr, m_reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (m_start == MAP_FAILED)
            return;
        const auto start = reinterpret_cast<uintptr_t>(m_start);
        constexpr size_t size = file_operations::huge_page;
        m_bytes = ::mmap(reinterpret_cast<void*>((start + size - 1) / size * size), length,
                         PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, offset);
    }
    ~huge_mapping() {
        if (m_start != MAP_FAILED)
            ::munmap(m_start, m_reserved);
    }
    huge_mapping(const huge_mapping&) = delete;
    huge_mapping& operator=(const huge_mapping&) = delete;

    void* bytes() const { return m_bytes; }

private:
    size_t m_reserved;
    void* m_start;
    void* m_bytes = MAP_FAILED;
};

#ifndef MADV_COLLAPSE // Linux 6.1, of which the C library of Debian 12 does not know yet
constexpr int MADV_COLLAPSE = 25;
#endif

} // namespace

// A file in memory has large pages at once on some systems only, but everywhere small ones are made one on
// request. There must be one of them for that; the others need not be.
bool file_operations::write_huge(int file, const void* from, size_t length, off_t offset) {
    const auto small_page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    const huge_mapping part(file, length, offset);
    if (part.bytes() == MAP_FAILED)
        return false;
    auto* const bytes = static_cast<uint8_t*>(part.bytes());
    for (size_t page = 0; page < length; page += huge_page)
        if (::madvise(bytes + page, small_page, MADV_POPULATE_WRITE) != 0)
            return false;
    if (::madvise(bytes, length, MADV_COLLAPSE) != 0)
        return false;
    std::memcpy(bytes, from, length);
    return true;
}

void file_operations::allocate(int file, off_t offset, off_t length) {
    ::fallocate(file, FALLOC_FL_KEEP_SIZE, offset, length);
}

std::chrono::nanoseconds file_operations::processor_time() {
    timespec spent{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

std::thread file_operations::start_thread(std::function<void()> body) {
    return std::thread(std::move(body));
}

file_operations& file_operations::system() {
    static file_operations operations;
    return operations;
}

} // namespace vmcore
