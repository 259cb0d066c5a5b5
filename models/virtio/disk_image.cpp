#include "models/virtio/disk_image.h"

#include "models/virtio/image_format.h"
#include "models/virtio/image_lock.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace vmcore {

static bool read_all(int file, uint64_t offset, uint8_t* to, size_t length) {
    while (length > 0) {
        const ssize_t count = pread(file, to, length, static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        if (count == 0) { // the end of the file
            std::memset(to, 0, length);
            return true;
        }
        to += count;
        offset += static_cast<uint64_t>(count);
        length -= static_cast<size_t>(count);
    }
    return true;
}

static bool write_all(int file, uint64_t offset, const uint8_t* from, size_t length) {
    while (length > 0) {
        const ssize_t count = pwrite(file, from, length, static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            errno = count < 0 ? errno : EIO;
            return false;
        }
        from += count;
        offset += static_cast<uint64_t>(count);
        length -= static_cast<size_t>(count);
    }
    return true;
}

disk_image::disk_image(const config& settings)
    : m_config(settings) {
    try {
        open_file();
    } catch (...) {
        if (m_file >= 0)
            close(m_file);
        throw;
    }
}

disk_image::~disk_image() {
    close(m_file);
}

void disk_image::fail(const std::string& what) const {
    throw std::runtime_error(m_config.option + ": '" + m_config.file + "': " + what);
}

void disk_image::open_file() {
    const bool writes = !m_config.read_only && !m_config.snapshot;
    // Not to wait for the other end of a pipe, which is refused below.
    m_file = open(m_config.file.c_str(), (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (m_file < 0)
        fail(std::string("cannot open the disk image: ") + std::strerror(errno) +
             (writes ? ", expected a raw image that can be read and written (or readonly=on)"
                     : ", expected a raw image that can be read"));
    struct stat found {};
    const bool known = fstat(m_file, &found) == 0 && (S_ISREG(found.st_mode) || S_ISBLK(found.st_mode));
    const off_t size = known ? lseek(m_file, 0, SEEK_END) : -1;
    if (size < 0)
        fail("not a regular file or a block device, expected a raw disk image");
    if (!lock_image(m_file, writes))
        fail(std::string("in use by another drive or process, expected an image that nobody else ") +
             (writes ? "has open" : "writes"));
    m_sectors = (static_cast<uint64_t>(size) + sector_bytes - 1) / sector_bytes;

    uint8_t start[image_probe_bytes];
    if (m_config.probe) {
        if (!read_all(m_file, 0, start, sizeof start))
            fail(std::string("cannot read the disk image: ") + std::strerror(errno));
        const std::string format = probe_image_format(start, sizeof start);
        if (!format.empty())
            fail("looks like a disk image of format " + format +
                 ", expected a raw one (format=raw takes it as that)");
    }
    if (m_config.snapshot) {
        try {
            m_overlay = std::make_unique<overlay>(static_cast<uint64_t>(size));
        } catch (const std::runtime_error& error) {
            fail(std::string("snapshot=on: ") + error.what());
        }
    }
}

/// Keeps in mind why the host has failed, which errno tells.
bool disk_image::done(bool success, const char* what) {
    if (!success && m_error.empty())
        m_error = m_config.option + ": '" + m_config.file + "': cannot " + what +
                  (m_overlay ? " it or what is written over it: " : " the disk image: ") +
                  std::strerror(errno);
    return success;
}

bool disk_image::read(uint64_t offset, uint8_t* to, size_t length) {
    return done(m_overlay ? read_merged(offset, to, length) : read_all(m_file, offset, to, length), "read");
}

bool disk_image::write(uint64_t offset, const uint8_t* from, size_t length) {
    if (m_config.read_only)
        return false;
    // A guest must not turn the file into one that the next run opens as another format.
    if (m_config.probe && offset < image_probe_bytes && length > 0 &&
        !probe_image_format(from, std::min(length, image_probe_bytes)).empty())
        return false;
    return done(m_overlay ? write_over(offset, from, length) : write_all(m_file, offset, from, length),
                "write");
}

bool disk_image::flush() {
    return m_overlay || m_config.read_only || done(fdatasync(m_file) == 0, "flush");
}

/// Bytes from `offset` on that lie in the same block.
static size_t within_block(uint64_t offset, size_t length) {
    return static_cast<size_t>(
        std::min<uint64_t>(length, overlay::block_bytes - offset % overlay::block_bytes));
}

bool disk_image::read_merged(uint64_t offset, uint8_t* to, size_t length) {
    while (length > 0) {
        const size_t piece = within_block(offset, length);
        const bool changed = m_overlay->has(offset / overlay::block_bytes);
        if (!read_all(changed ? m_overlay->file() : m_file, offset, to, piece))
            return false;
        to += piece;
        offset += piece;
        length -= piece;
    }
    return true;
}

bool disk_image::write_over(uint64_t offset, const uint8_t* from, size_t length) {
    while (length > 0) {
        const size_t piece = within_block(offset, length);
        const uint64_t block = offset / overlay::block_bytes;
        if (!m_overlay->has(block)) {
            uint8_t original[overlay::block_bytes];
            const uint64_t start = block * overlay::block_bytes;
            if (!read_all(m_file, start, original, sizeof original) ||
                !write_all(m_overlay->file(), start, original, sizeof original))
                return false;
            m_overlay->add(block);
        }
        if (!write_all(m_overlay->file(), offset, from, piece))
            return false;
        from += piece;
        offset += piece;
        length -= piece;
    }
    return true;
}

} // namespace vmcore
