#pragma once

#include "models/virtio/overlay.h"

#include <cstdint>
#include <memory>
#include <string>

namespace vmcore {

/// A raw disk image in a file or block device of the host, opened once. Nobody else, QEMU included, may write
/// it meanwhile, nor have it open at all while this one can write it.
class disk_image {
public:
    struct config {
        std::string file;
        std::string option = "-drive"; ///< by which the user named it, for messages
        bool read_only = false;        ///< writes fail
        bool snapshot = false;         ///< writes go to a temporary file, and are gone at the end
        bool probe =
            true; ///< refuse a file that looks like another format, and writes that would make it one
    };
    static constexpr uint64_t sector_bytes = 512;

    /// @throws std::runtime_error naming option, file and cause
    explicit disk_image(const config& settings);
    ~disk_image();
    disk_image(const disk_image&) = delete;
    disk_image& operator=(const disk_image&) = delete;

    uint64_t sectors() const { return m_sectors; } ///< the last one may be partly behind the end of the file
    bool read_only() const { return m_config.read_only; }

    /// Each returns whether the host did it all. What lies behind the end of the file reads as zeros.
    bool read(uint64_t offset, uint8_t* to, size_t length);
    bool write(uint64_t offset, const uint8_t* from, size_t length);
    bool flush();

    /// Option, file and cause of the host's first failure; empty: there was none.
    const std::string& error() const { return m_error; }

private:
    bool done(bool success, const char* what);
    [[noreturn]] void fail(const std::string& what) const;
    void open_file();
    bool read_merged(uint64_t offset, uint8_t* to, size_t length);
    bool write_over(uint64_t offset, const uint8_t* from, size_t length);

    config m_config;
    int m_file = -1;
    uint64_t m_sectors = 0;
    std::unique_ptr<overlay> m_overlay;
    std::string m_error;
};

} // namespace vmcore
