#pragma once

#include "models/dump/file_operations.h"
#include "models/dump/file_writer.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <utility>

namespace vmcore {

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

/// Where a dump goes. There are three kinds:
///
/// A regular file, by its path, appears under its name only when it is complete. It is written in the same
/// directory, with mode 0600 because it holds a guest's memory, and takes its name, replacing a file that was
/// there, at commit(). Without a commit nothing is left behind: until then the file has no name at all, so
/// that it vanishes even with a process that is killed, or a temporary one where the file system wants a
/// name. A symbolic link is followed, also to a file that is not there yet, and stays; directories and block
/// devices are refused.
///
/// An opened regular file is written in place, from the descriptor's position on, and whatever the file had
/// from there on is cut off. Nothing is renamed, and without a commit, or after an error, the file's contents
/// are what they are by then: whoever opened it has to throw them away. It must be open for writing and not
/// for appending.
///
/// A stream - a pipe, a socket or a character device, opened by somebody else or by its path - takes bytes
/// from front to back only, and what it has got it keeps. A path that names a FIFO waits for the FIFO's
/// reader, and a write for room in the pipe, as long as it takes: a caller who must not wait needs a thread
/// or a process of its own for this. A signal ends the waiting for a reader if its handler was installed
/// without SA_RESTART. A reader that has gone is an error (EPIPE), never a SIGPIPE.
///
/// /dev/stdout, /dev/stderr, /dev/fd/N and /proc/self/fd/N mean a duplicate of that descriptor, as if it had
/// been opened by somebody else.
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

    /// Throws what the constructor would for this path, but opens no stream and so waits for nobody.
    static void check(const std::string& path);

    /// Removes what another process, which has died, left of a file that it had not completed at this path:
    /// something only where the file system wants a name.
    static void remove_unfinished(const std::string& path, pid_t writer);

    /// Whether bytes may be written in any order, and by several threads at once; if not, this is a stream.
    bool seekable() const { return m_seekable; }

    /// Whether whole large pages (file_operations::huge_page) are written much faster than parts of them,
    /// and there is room for zeros in them.
    bool has_large_pages() const { return m_writer.has_large_pages(); }

    /// Writes all the bytes, however many system calls it takes. What is never written reads as zeros. Into a
    /// stream an offset before the end of what was written is a std::logic_error; one behind it sends zeros
    /// for the gap.
    void write_at(uint64_t offset, const void* from, size_t length);
    /// The same with zeros, for whoever wants no hole.
    void write_zeros(uint64_t offset, uint64_t length);

    /// Makes the file this long. A stream is filled up with zeros, and cannot become shorter. Best called
    /// before the writes: they are then the faster. No other thread may be writing.
    void set_size(uint64_t size);

    /// Gives the file its name; puts the position of an opened one behind what was written, for whoever
    /// shares the descriptor. With `durable` the file and its name survive a crash of the host; a stream has
    /// nothing that could.
    void commit(bool durable);

    file_operations& operations() const { return m_operations; }
    /// Throws the std::system_error "cannot WHAT 'FILE': ERROR".
    [[noreturn]] void fail(const char* what, int error) const;

private:
    void open_path(const std::string& path);
    void open_stream(const std::string& path);
    void open_unfinished();
    void take_opened();
    off_t place(uint64_t offset, uint64_t length) const;
    void write_anywhere(uint64_t offset, const uint8_t* from, size_t length);
    void write_in_order(uint64_t offset, const uint8_t* from, size_t length);
    void push(const uint8_t* from, size_t length);
    void wait_for_room() const;
    void truncate(uint64_t size);
    void give_temporary_name();
    void close_file();
    void sync_directory();
    void discard();

    file_operations& m_operations;
    file_writer m_writer;     ///< of a regular file
    std::string m_shown_path; ///< as the user gave it, for messages
    std::string m_path;       ///< empty: a stream, or a file that was opened by somebody else
    std::string m_directory;
    std::string m_temporary_stem; ///< path that temporary names begin with
    std::string m_temporary;      ///< empty: the file has none (yet, or any more)
    int m_file = -1;
    bool m_seekable = true;
    uint64_t m_start = 0;           ///< place in the file of offset 0
    std::atomic<uint64_t> m_end{0}; ///< offset behind the last byte that was written
};

} // namespace vmcore
