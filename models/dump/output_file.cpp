// Three kinds of output; output_file.h tells what each of them is.

#include "models/dump/output_file.h"

#include "models/dump/broken_pipe_guard.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <poll.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace vmcore {

namespace fs = std::filesystem;

namespace {

const uint8_t zeros[64 << 10] = {};

bool is_stream(mode_t mode) {
    return S_ISFIFO(mode) || S_ISCHR(mode) || S_ISSOCK(mode);
}

/// The descriptor that a path of this process's own descriptors names; -1: it is another path.
int descriptor_named(const std::string& path) {
    if (path == "/dev/stdout")
        return STDOUT_FILENO;
    if (path == "/dev/stderr")
        return STDERR_FILENO;
    for (const std::string directory : {"/dev/fd/", "/proc/self/fd/"}) {
        const std::string name =
            path.substr(0, directory.size()) == directory ? path.substr(directory.size()) : "";
        if (!name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos)
            return std::stoi(name);
    }
    return -1;
}

/// The file that a path means, at the end of all links, whether it is there or not.
fs::path follow_links(const fs::path& path, std::error_code& error) {
    fs::path found = fs::canonical(path, error);
    if (error != std::errc::no_such_file_or_directory)
        return found;
    error.clear();
    found = path;
    constexpr int most_links = 40; // as the kernel follows; it has found no circle
    for (int i = 0; i < most_links && fs::is_symlink(fs::symlink_status(found, error)); ++i)
        found = found.parent_path() / fs::read_symlink(found, error);
    error.clear(); // what is not there is for its creation to find
    return found;
}

/// What the names begin with that a process gives a file before it is complete.
std::string temporary_stem(const std::string& name, pid_t writer) {
    constexpr size_t room_for_suffix = 24; // names end at 255 bytes on all usual file systems
    return "." + name.substr(0, 255 - room_for_suffix) + "." + std::to_string(writer) + "-";
}

} // namespace

opened_file::~opened_file() {
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

output_file::output_file(const std::string& path, file_operations& operations)
    : m_operations(operations)
    , m_writer(operations)
    , m_shown_path(path) {
    try {
        const int descriptor = descriptor_named(path);
        if (descriptor < 0) {
            open_path(path);
        } else {
            m_file = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
            take_opened();
        }
    } catch (...) {
        discard();
        throw;
    }
}

output_file::output_file(opened_file& given, file_operations& operations)
    : m_operations(operations)
    , m_writer(operations)
    , m_shown_path(given.name())
    , m_file(given.release()) {
    try {
        take_opened();
    } catch (...) {
        discard();
        throw;
    }
}

void output_file::check(const std::string& path) {
    struct stat existing;
    if (descriptor_named(path) < 0 && ::stat(path.c_str(), &existing) == 0 && is_stream(existing.st_mode)) {
        if (::access(path.c_str(), W_OK) != 0)
            throw std::system_error(errno, std::generic_category(), "cannot create '" + path + "'");
        return;
    }
    if (descriptor_named(path) < 0)
        output_file tried(path);
    else if (::fcntl(descriptor_named(path), F_GETFD) < 0)
        throw std::system_error(errno, std::generic_category(), "cannot write '" + path + "'");
}

void output_file::open_path(const std::string& path) {
    struct stat existing;
    const bool exists = ::stat(path.c_str(), &existing) == 0;
    if (path.empty() || (!exists && errno != ENOENT))
        fail("create", errno);
    if (exists && S_ISDIR(existing.st_mode))
        fail("create", EISDIR);
    if (exists && is_stream(existing.st_mode))
        return open_stream(path);
    // A rename would replace the device by a plain file.
    if (exists && !S_ISREG(existing.st_mode))
        throw std::system_error(EINVAL, std::generic_category(),
                                "cannot create '" + path + "', which is neither a regular file nor a stream");

    std::error_code error;
    const fs::path real_path = follow_links(path, error);
    if (error)
        fail("create", error.value());
    const std::string name = real_path.filename().string();
    if (name.empty())
        fail("create", EISDIR);
    m_path = real_path.string();
    m_directory = real_path.has_parent_path() ? real_path.parent_path().string() : ".";
    m_temporary_stem = m_directory + "/" + temporary_stem(name, ::getpid());
    open_unfinished();
}

void output_file::remove_unfinished(const std::string& path, pid_t writer) {
    std::error_code error;
    const fs::path real_path = follow_links(path, error);
    if (error)
        return;
    const std::string stem = temporary_stem(real_path.filename().string(), writer);
    fs::directory_iterator entry(real_path.has_parent_path() ? real_path.parent_path() : ".", error);
    for (const fs::directory_iterator end; !error && entry != end; entry.increment(error))
        if (entry->path().filename().string().compare(0, stem.size(), stem) == 0)
            ::unlink(entry->path().c_str());
}

void output_file::open_stream(const std::string& path) {
    m_file = ::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (m_file < 0)
        fail("open", errno);
    take_opened();
}

void output_file::take_opened() {
    const int flags = ::fcntl(m_file, F_GETFL);
    if (flags < 0)
        fail("write", errno);
    if ((flags & O_ACCMODE) == O_RDONLY)
        throw std::system_error(EBADF, std::generic_category(),
                                "cannot write '" + m_shown_path + "', which is open for reading only");
    struct stat status;
    if (::fstat(m_file, &status) != 0)
        fail("write", errno);
    m_seekable = !is_stream(status.st_mode);
    if (!m_seekable)
        return;
    if (!S_ISREG(status.st_mode))
        throw std::system_error(EINVAL, std::generic_category(),
                                "cannot write '" + m_shown_path +
                                    "', which is neither a regular file nor a stream");
    if ((flags & O_APPEND) != 0) // which sends every write to the end, whatever offset it names
        throw std::system_error(EINVAL, std::generic_category(),
                                "cannot write '" + m_shown_path + "', which is open for appending");
    const off_t position = ::lseek(m_file, 0, SEEK_CUR);
    if (position < 0)
        fail("seek in", errno);
    m_start = static_cast<uint64_t>(position);
    truncate(0); // or holes would show what the file had there before
    m_writer.open(m_file, false);
}

/// Link to a file that this process has open: the way to name one that has no name yet.
static std::string link_to_descriptor(int file) {
    return "/proc/self/fd/" + std::to_string(file);
}

void output_file::open_unfinished() {
    m_file = ::open(m_directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (m_file >= 0 && ::access(link_to_descriptor(m_file).c_str(), F_OK) == 0) {
        m_writer.open(m_file, true);
        return;
    }
    if (m_file >= 0)
        ::close(std::exchange(m_file, -1));
    m_temporary = m_temporary_stem + "XXXXXX"; // the file system knows no files without a name
    m_file = ::mkostemp(m_temporary.data(), O_CLOEXEC);
    if (m_file < 0) {
        m_temporary.clear();
        fail("create", errno);
    }
    m_writer.open(m_file, false);
}

void output_file::give_temporary_name() {
    const std::string source = link_to_descriptor(m_file);
    for (int attempt = 0;; ++attempt) {
        std::string name = m_temporary_stem + std::to_string(attempt);
        if (::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
            m_temporary = std::move(name); // which cannot fail, or the name would stay
            return;
        }
        if (errno != EEXIST)
            fail("create", errno);
    }
}

output_file::~output_file() {
    discard();
}

/// Place in the file of an offset, with so many bytes behind it.
off_t output_file::place(uint64_t offset, uint64_t length) const {
    constexpr uint64_t largest = std::numeric_limits<off_t>::max();
    if (offset > largest - m_start || length > largest - m_start - offset)
        fail("write", EFBIG);
    return static_cast<off_t>(m_start + offset);
}

void output_file::write_at(uint64_t offset, const void* from, size_t length) {
    const auto* bytes = static_cast<const uint8_t*>(from);
    if (m_seekable)
        write_anywhere(offset, bytes, length);
    else
        write_in_order(offset, bytes, length);
}

void output_file::write_zeros(uint64_t offset, uint64_t length) {
    while (length > 0) {
        const size_t step = static_cast<size_t>(std::min<uint64_t>(length, sizeof zeros));
        write_at(offset, zeros, step);
        offset += step;
        length -= step;
    }
}

void output_file::write_anywhere(uint64_t offset, const uint8_t* from, size_t length) {
    const off_t to = place(offset, length);
    for (uint64_t end = m_end; end < offset + length && !m_end.compare_exchange_weak(end, offset + length);) {
    }
    if (const int error = m_writer.write(to, from, length))
        fail("write", error);
}

void output_file::write_in_order(uint64_t offset, const uint8_t* from, size_t length) {
    if (offset < m_end)
        throw std::logic_error("output_file: a stream takes bytes from front to back only");
    const broken_pipe_guard guard;
    while (m_end < offset)
        push(zeros, static_cast<size_t>(std::min<uint64_t>(offset - m_end, sizeof zeros)));
    push(from, length);
}

void output_file::push(const uint8_t* from, size_t length) {
    while (length > 0) {
        const ssize_t written = m_operations.write(m_file, from, length);
        if (written < 0 && errno == EAGAIN) // whoever opened it may have made it non-blocking
            wait_for_room();
        else if (written < 0 && errno != EINTR)
            fail("write", errno);
        else if (written == 0)
            fail("write", EIO);
        if (written < 0)
            continue;
        from += written;
        m_end += static_cast<uint64_t>(written);
        length -= static_cast<size_t>(written);
    }
}

void output_file::wait_for_room() const {
    pollfd room = {m_file, POLLOUT, 0};
    if (::poll(&room, 1, -1) < 0 && errno != EINTR)
        fail("write", errno);
}

void output_file::set_size(uint64_t size) {
    if (!m_seekable)
        return write_in_order(size, zeros, 0);
    truncate(size);
    m_end = size;
    m_writer.set_size(m_start + size);
}

void output_file::truncate(uint64_t size) {
    const off_t length = place(size, 0);
    int result = 0;
    do
        result = m_operations.ftruncate(m_file, length);
    while (result != 0 && errno == EINTR);
    if (result != 0)
        fail("write", errno);
}

void output_file::commit(bool durable) {
    if (!m_seekable)
        return close_file();
    if (durable && m_operations.fsync(m_file) != 0)
        fail("write", errno);
    if (m_path.empty()) {
        if (::lseek(m_file, place(m_end, 0), SEEK_SET) < 0)
            fail("seek in", errno);
        close_file();
        return;
    }
    if (m_temporary.empty())
        give_temporary_name(); // rename() replaces an old file at once, which linkat() cannot
    close_file();
    if (m_operations.rename(m_temporary.c_str(), m_path.c_str()) != 0)
        fail("create", errno);
    m_temporary.clear();
    if (durable)
        sync_directory();
}

/// Some file systems report a failed write only here. The descriptor is gone whatever close() answers.
void output_file::close_file() {
    if (m_operations.close(std::exchange(m_file, -1)) != 0)
        fail("write", errno);
}

void output_file::sync_directory() {
    const int directory = ::open(m_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = directory >= 0 && m_operations.fsync(directory) == 0;
    const int error = errno;
    if (directory >= 0)
        ::close(directory);
    if (!synced)
        fail("make durable", error);
}

void output_file::discard() {
    if (m_file >= 0)
        ::close(m_file);
    m_file = -1;
    if (!m_temporary.empty())
        ::unlink(m_temporary.c_str());
    m_temporary.clear();
}

void output_file::fail(const char* what, int error) const {
    throw std::system_error(error, std::generic_category(),
                            std::string("cannot ") + what + " '" + m_shown_path + "'");
}

} // namespace vmcore
