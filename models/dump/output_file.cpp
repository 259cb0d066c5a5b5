#include "models/dump/output_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace vmcore {

namespace fs = std::filesystem;

ssize_t file_operations::pwrite(int file, const void* from, size_t length, off_t offset) {
    return ::pwrite(file, from, length, offset);
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

file_operations& file_operations::system() {
    static file_operations operations;
    return operations;
}

opened_file::~opened_file() {
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

output_file::output_file(const std::string& path, file_operations& operations)
    : m_operations(operations)
    , m_shown_path(path) {
    struct stat existing;
    const bool exists = ::stat(path.c_str(), &existing) == 0;
    if (!exists && errno != ENOENT)
        fail("create", errno);
    if (exists && S_ISDIR(existing.st_mode))
        fail("create", EISDIR);
    // A rename would replace the device by a plain file.
    if (exists && !S_ISREG(existing.st_mode))
        throw std::system_error(EINVAL, std::generic_category(),
                                "cannot create '" + path + "', which is not a regular file");

    std::error_code error;
    const fs::path real_path = exists ? fs::canonical(path, error) : fs::path(path);
    if (error)
        fail("create", error.value());
    const std::string name = real_path.filename().string();
    if (name.empty())
        fail("create", path.empty() ? ENOENT : EISDIR);
    m_path = real_path.string();
    m_directory = real_path.has_parent_path() ? real_path.parent_path().string() : ".";
    constexpr size_t room_for_suffix = 24; // names end at 255 bytes on all usual file systems
    m_temporary_stem = m_directory + "/." + name.substr(0, 255 - room_for_suffix) + ".";
    open_unfinished();
}

output_file::output_file(opened_file& given, file_operations& operations)
    : m_operations(operations)
    , m_shown_path(given.name())
    , m_file(given.release()) {
    try {
        check_opened();
        truncate(0); // or holes would show what the file had there before
    } catch (...) {
        discard();
        throw;
    }
}

void output_file::check_opened() {
    const int flags = ::fcntl(m_file, F_GETFL);
    if (flags < 0)
        fail("write", errno);
    if ((flags & O_ACCMODE) == O_RDONLY)
        throw std::system_error(EBADF, std::generic_category(),
                                "cannot write '" + m_shown_path + "', which is open for reading only");
    const off_t position = ::lseek(m_file, 0, SEEK_CUR);
    if (position < 0)
        fail("seek in", errno);
    struct stat status;
    if (::fstat(m_file, &status) != 0)
        fail("write", errno);
    if (!S_ISREG(status.st_mode))
        throw std::system_error(EINVAL, std::generic_category(),
                                "cannot write '" + m_shown_path + "', which is not a regular file");
    if ((flags & O_APPEND) != 0) // which sends every write to the end, whatever offset it names
        throw std::system_error(EINVAL, std::generic_category(),
                                "cannot write '" + m_shown_path + "', which is open for appending");
    m_start = static_cast<uint64_t>(position);
}

/// Link to a file that this process has open: the way to name one that has no name yet.
static std::string link_to_descriptor(int file) {
    return "/proc/self/fd/" + std::to_string(file);
}

void output_file::open_unfinished() {
    m_file = ::open(m_directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (m_file >= 0 && ::access(link_to_descriptor(m_file).c_str(), F_OK) == 0)
        return;
    if (m_file >= 0)
        ::close(m_file);
    m_temporary = m_temporary_stem + "XXXXXX"; // the file system knows no files without a name
    m_file = ::mkostemp(m_temporary.data(), O_CLOEXEC);
    if (m_file < 0) {
        m_temporary.clear();
        fail("create", errno);
    }
}

void output_file::give_temporary_name() {
    const std::string source = link_to_descriptor(m_file);
    for (int attempt = 0;; ++attempt) {
        const std::string name =
            m_temporary_stem + std::to_string(::getpid()) + "-" + std::to_string(attempt);
        if (::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
            m_temporary = name;
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
    const char* next = static_cast<const char*>(from);
    off_t to = place(offset, length);
    m_end = std::max(m_end, offset + length);
    while (length > 0) {
        const ssize_t written = m_operations.pwrite(m_file, next, length, to);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            fail("write", errno);
        if (written == 0)
            fail("write", EIO); // nothing written and no reason given: trying for ever would hang
        next += written;
        to += written;
        length -= static_cast<size_t>(written);
    }
}

void output_file::set_size(uint64_t size) {
    truncate(size);
    m_end = size;
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
