#pragma once

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

    /// A thread that runs `body`. Throws std::system_error when there can be none.
    virtual std::thread start_thread(std::function<void()> body);

    /// The operations of the operating system.
    static file_operations& system();
};

} // namespace vmcore
