#include "lint/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vmcore::lint {

namespace {

/// A FIFO would make open() wait for its writer, a directory cannot be read: both are told by name instead.
void check_kind(int descriptor) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0)
        throw not_a_dump(std::strerror(errno));
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
        throw not_a_dump("expected a file, not a directory, a pipe or a device");
}

} // namespace

file_source::file_source(const std::string& path)
    : m_descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (m_descriptor < 0)
        throw not_a_dump(std::strerror(errno));
    try {
        check_kind(m_descriptor);
        const off_t end = lseek(m_descriptor, 0, SEEK_END);
        if (end < 0)
            throw not_a_dump(std::strerror(errno));
        m_size = static_cast<uint64_t>(end);
    } catch (...) {
        close(m_descriptor);
        throw;
    }
}

file_source::~file_source() {
    close(m_descriptor);
}

size_t file_source::read(uint64_t offset, void* to, size_t length) const {
    if (offset >= m_size)
        return 0;
    length = static_cast<size_t>(std::min<uint64_t>(length, m_size - offset));
    size_t done = 0;
    while (done < length) {
        const ssize_t got = pread(m_descriptor, static_cast<char*>(to) + done, length - done,
                                  static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            throw not_a_dump(std::strerror(errno));
        if (got == 0) // the file became shorter
            break;
        done += static_cast<size_t>(got);
    }
    return done;
}

} // namespace vmcore::lint
