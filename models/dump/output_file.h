#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>

namespace vmcore {

/// The system calls an output_file makes, so that a test can let each of them fail. Each behaves as its name
/// in POSIX, errno included.
class file_operations {
public:
    virtual ~file_operations() = default;
    virtual ssize_t pwrite(int file, const void* from, size_t length, off_t offset);
    virtual int ftruncate(int file, off_t size);
    virtual int fsync(int file);
    virtual int close(int file);
    virtual int rename(const char* from, const char* to);

    /// The operations of the operating system.
    static file_operations& system();
};

/// A file that appears under its name only when it is complete.
///
/// It is written in the same directory, with mode 0600 because it holds a guest's memory, and takes its name,
/// replacing a file that was there, at commit(). Without a commit nothing is left behind: until then the file
/// has no name at all, so that it vanishes even with a process that is killed, or a temporary one where the
/// file system wants a name. A symbolic link to an existing file is followed; directories and devices are
/// refused.
///
/// Every error is a std::system_error whose text names the file and what the operating system said.
class output_file {
public:
    explicit output_file(const std::string& path, file_operations& operations = file_operations::system());
    ~output_file();
    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;

    /// Writes all the bytes, however many system calls it takes. What is never written reads as zeros.
    void write_at(uint64_t offset, const void* from, size_t length);

    /// Makes the file this long.
    void set_size(uint64_t size);

    /// Gives the file its name. With `durable` the file and its name survive a crash of the host.
    void commit(bool durable);

private:
    [[noreturn]] void fail(const char* what, int error) const;
    void open_unfinished();
    void give_temporary_name();
    void sync_directory();
    void discard();

    file_operations& m_operations;
    std::string m_shown_path; ///< as the user gave it, for messages
    std::string m_path;
    std::string m_directory;
    std::string m_temporary_stem; ///< path that temporary names begin with
    std::string m_temporary;      ///< empty: the file has none (yet, or any more)
    int m_file = -1;
};

} // namespace vmcore
