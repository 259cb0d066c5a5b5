#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <utility>

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

/// A file that somebody else has opened, with the name that messages call it by. Closes it unless it is
/// released before.
class opened_file {
public:
    opened_file(int descriptor, std::string shown_name)
        : m_descriptor(descriptor)
        , m_name(std::move(shown_name)) {}
    ~opened_file();
    opened_file(const opened_file&) = delete;
    opened_file& operator=(const opened_file&) = delete;

    const std::string& name() const { return m_name; }
    /// Who calls this must close the descriptor; from then on there is none here.
    int release() { return std::exchange(m_descriptor, -1); }

private:
    int m_descriptor;
    std::string m_name;
};

/// A file that appears under its name only when it is complete.
///
/// It is written in the same directory, with mode 0600 because it holds a guest's memory, and takes its name,
/// replacing a file that was there, at commit(). Without a commit nothing is left behind: until then the file
/// has no name at all, so that it vanishes even with a process that is killed, or a temporary one where the
/// file system wants a name. A symbolic link to an existing file is followed; directories and devices are
/// refused.
///
/// Made from an opened_file it is another thing: what is written goes straight into that file, from the
/// descriptor's position on, and whatever the file had from there on is cut off. Nothing is renamed, and
/// without a commit, or after an error, the file's contents are what they are by then: whoever opened it has
/// to throw them away. Only regular files will do, open for writing and not for appending.
///
/// Every error is a std::system_error whose text names the file and what the operating system said.
class output_file {
public:
    explicit output_file(const std::string& path, file_operations& operations = file_operations::system());
    /// Takes the descriptor, also when it throws.
    explicit output_file(opened_file& given, file_operations& operations = file_operations::system());
    ~output_file();
    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;

    /// Whether bytes may be written in any order; if not, they go out front to back, as into a pipe.
    bool seekable() const { return m_seekable; }

    /// Writes all the bytes, however many system calls it takes. What is never written reads as zeros.
    void write_at(uint64_t offset, const void* from, size_t length);

    /// Makes the file this long.
    void set_size(uint64_t size);

    /// Gives the file its name; puts the position of an opened one behind what was written, for whoever
    /// shares the descriptor. With `durable` the file and its name survive a crash of the host.
    void commit(bool durable);

private:
    [[noreturn]] void fail(const char* what, int error) const;
    void check_opened();
    off_t place(uint64_t offset, uint64_t length) const;
    void truncate(uint64_t size);
    void open_unfinished();
    void give_temporary_name();
    void close_file();
    void sync_directory();
    void discard();

    file_operations& m_operations;
    std::string m_shown_path; ///< as the user gave it, for messages
    std::string m_path;       ///< empty: the file was opened by somebody else
    std::string m_directory;
    std::string m_temporary_stem; ///< path that temporary names begin with
    std::string m_temporary;      ///< empty: the file has none (yet, or any more)
    int m_file = -1;
    bool m_seekable = true;
    uint64_t m_start = 0; ///< place in the file of offset 0
    uint64_t m_end = 0;   ///< offset behind the last byte that was written
};

} // namespace vmcore
