#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <sys/types.h>
#include <thread>

namespace vmcore {

/// What a dump asks of the operating system, so that a test can let each request fail. Each behaves as its
/// name in POSIX, errno included, unless told otherwise. Several threads may call them at once.
class file_operations {
public:
    virtual ~file_operations() = default;
    virtual ssize_t pwrite(int file, const void* from, size_t length, off_t offset);
    virtual ssize_t write(int file, const void* from, size_t length);
    virtual int ftruncate(int file, off_t size);
    virtual int fsync(int file);
    virtual int close(int file);
    virtual int rename(const char* from, const char* to);

    /// Copies all the bytes into a part that the file has already, by mapping it. False: that cannot be, and
    /// the part may hold some of them; the reason is for pwrite() to find.
    virtual bool write_mapped(int file, const void* from, size_t length, off_t offset);

    /// The same for whole large pages of a file in memory: `offset` and `length` are multiples of huge_page.
    /// A file system that has no large page to give, or does not know them, is a false with errno.
    virtual bool write_huge(int file, const void* from, size_t length, off_t offset);
    static constexpr size_t huge_page = 2 << 20;

    /// Has room on the disk found for a part of the file, in one go, which does not become longer by it. An
    /// offer only: what fails here will be told by pwrite(), or does not matter.
    virtual void allocate(int file, off_t offset, off_t length);

    /// Processor time of the calling thread, by which is told what a request costs.
    virtual std::chrono::nanoseconds processor_time();

    /// A thread that runs `body`. Throws std::system_error when there can be none.
    virtual std::thread start_thread(std::function<void()> body);

    /// The operations of the operating system.
    static file_operations& system();
};

} // namespace vmcore
