#pragma once

#include "models/virtio/virtio_block.h"
#include "tests/models/virtio/virtio_bench.h"
#include "tests/platform/temporary_file.h"

#include <fstream>
#include <iterator>
#include <memory>

namespace vmcore::test {

/// A disk of 64 sectors, and what the bench needs of it before it is there.
struct disk_owner {
    static constexpr uint64_t sectors = 64;

    explicit disk_owner(const disk_image::config& settings = {},
                        const virtio_block::config& disk_settings = {})
        : file(pattern())
        , image(named(settings, file.path()))
        , disk(disk_settings, image) {}

    /// Every sector another.
    static bytes pattern() {
        bytes contents(sectors * 512);
        for (size_t i = 0; i < contents.size(); ++i)
            contents[i] = static_cast<uint8_t>(i * 7 + i / 512);
        return contents;
    }
    static bytes sector(const bytes& contents, uint64_t number, uint64_t count = 1) {
        const auto from = contents.begin() + static_cast<ptrdiff_t>(number * 512);
        return {from, from + static_cast<ptrdiff_t>(count * 512)};
    }
    bytes on_host() const {
        std::ifstream in(file.path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    temporary_file file;
    disk_image image;
    virtio_block disk;

private:
    static disk_image::config named(disk_image::config settings, const std::string& path) {
        settings.file = path;
        return settings;
    }
};

/// A driver of the disk; requests are a header, data and a status byte.
struct disk_bench : disk_owner, virtio_bench {
    static constexpr uint64_t header = data, payload = data + 0x1000, status = data + 0x100;
    static constexpr uint32_t read = 0, write = 1, scsi = 2, flush = 4, get_id = 8, discard = 11,
                              write_zeros = 13;
    static constexpr unsigned untouched = 0xee;

    explicit disk_bench(const virtio_mmio::config& settings = version(1),
                        const disk_image::config& stored = {}, const virtio_block::config& disk_settings = {})
        : disk_owner(stored, disk_settings)
        , virtio_bench(&disk, settings) {}

    void start(uint64_t features = 0) {
        driver.start(features);
        queue = driver.add_queue(0, ring);
        driver.finish();
    }

    bytes header_bytes(uint32_t type, uint64_t first) {
        bytes made(16);
        store_bytes(made.data(), type, 4, byte_order::little);
        store_bytes(made.data() + 8, first, 8, byte_order::little);
        return made;
    }
    /// Hands in a request without waiting for it.
    void submit(uint32_t type, uint64_t first, std::vector<guest_driver::piece> pieces) {
        poke(header, header_bytes(type, first));
        poke(status, {untouched});
        pieces.insert(pieces.begin(), {header, 16, false});
        pieces.push_back({status, 1, true});
        driver.submit(queue, pieces);
    }
    /// A request with its data in one piece; returns the status byte.
    unsigned request(uint32_t type, uint64_t first, uint32_t length, bool device_writes) {
        std::vector<guest_driver::piece> pieces;
        if (length > 0)
            pieces.push_back({payload, length, device_writes});
        submit(type, first, pieces);
        settle(sc_core::sc_time(1, sc_core::SC_MS));
        return peek(status, 1)[0];
    }
    unsigned range_request(uint32_t type, uint64_t first, uint32_t count, uint32_t flags) {
        bytes range(16);
        store_bytes(range.data(), first, 8, byte_order::little);
        store_bytes(range.data() + 8, count, 4, byte_order::little);
        store_bytes(range.data() + 12, flags, 4, byte_order::little);
        poke(payload, range);
        return request(type, 0, 16, false);
    }

    guest_driver::rings queue;
};

} // namespace vmcore::test
