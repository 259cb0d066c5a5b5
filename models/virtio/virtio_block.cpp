#include "models/virtio/virtio_block.h"

#include "models/tlm/endian.h"

#include <algorithm>
#include <cstring>

namespace vmcore {

using namespace virtio;

namespace {

// Section 5.2.3, feature bits.
enum block_feature : unsigned {
    segment_max = 2,
    has_geometry = 4,
    read_only = 5,
    block_size = 6,
    scsi = 7, ///< legacy
    can_flush = 9,
    topology = 10,
    config_write_cache = 11,
    can_discard = 13,
    can_write_zeros = 14
};

// Section 5.2.6, types of requests.
constexpr uint32_t barrier = 0x80000000; ///< legacy, means nothing
enum request_type : uint32_t {
    type_in = 0,
    type_out = 1,
    type_scsi = 2,
    type_flush = 4,
    type_get_id = 8,
    type_discard = 11,
    type_write_zeros = 13
};
enum request_status : uint8_t { ok = 0, io_error = 1, unsupported = 2 };

// Section 5.2.4, the configuration space.
constexpr unsigned space_bytes = 57; ///< ends with write_zeroes_may_unmap
constexpr unsigned write_cache_offset = 32;

constexpr uint16_t queue_size = 256;
constexpr unsigned header_bytes = 16;
constexpr unsigned range_bytes = 16;
constexpr unsigned serial_bytes = 20;
constexpr uint32_t may_unmap = 1;
constexpr uint32_t sector_size = disk_image::sector_bytes;
constexpr uint32_t most_sectors = 0x3fffff; ///< of a request: just below 2 GiB
constexpr size_t piece_bytes = 64 << 10;    ///< moved between image and memory at a time

} // namespace

virtio_block::virtio_block(const config& settings, disk_image& image)
    : m_config(settings)
    , m_image(image)
    , m_geometry(guess_geometry()) {}

uint64_t virtio_block::features() const {
    return bit(segment_max) | bit(has_geometry) | bit(block_size) | bit(can_flush) | bit(topology) |
           bit(config_write_cache) | bit(can_discard) | bit(can_write_zeros) |
           (m_image.read_only() ? bit(read_only) : 0);
}

uint64_t virtio_block::legacy_features() const {
    return bit(scsi);
}

std::vector<uint16_t> virtio_block::queue_sizes() const {
    return {queue_size};
}

unsigned virtio_block::config_bytes() const {
    return space_bytes;
}

void virtio_block::fill_config(uint8_t* space) const {
    const auto put = [space](unsigned offset, uint64_t value, unsigned size) {
        store_bytes(space + offset, value, size, byte_order::little);
    };
    std::memset(space, 0, space_bytes);
    put(0, m_image.sectors(), 8);
    put(12, queue_size - 2, 4); // segments of a request: a header and a status besides
    put(16, m_geometry.cylinders, 2);
    put(18, m_geometry.heads, 1);
    put(19, m_geometry.sectors, 1);
    put(20, sector_size, 4);
    put(write_cache_offset, m_write_cache ? 1 : 0, 1);
    put(34, 1, 2);            // queues
    put(36, most_sectors, 4); // of a discard
    put(40, 1, 4);            // segments of a discard
    put(44, 1, 4);            // sectors to which discards are aligned
    put(48, most_sectors, 4); // of zeroing
    put(52, 1, 4);            // segments of zeroing
    put(56, 1, 1);            // zeroing may unmap
}

void virtio_block::config_written(uint8_t* space) {
    m_write_cache = space[write_cache_offset] != 0;
}

/// A driver that does not flush and cannot choose gets no cache.
void virtio_block::status_written(uint8_t status) {
    if ((status & driver_ok) && !transport().negotiated(config_write_cache))
        m_write_cache = transport().negotiated(can_flush);
}

/// From a partition table that tells one, else by size, as PC firmware does.
virtio_block::geometry virtio_block::guess_geometry() {
    constexpr uint64_t most_cylinders = 16383;
    constexpr unsigned usual_heads = 16;
    constexpr unsigned usual_sectors = 63;
    uint8_t table[sector_size];
    if (m_image.read(0, table, sizeof table) && table[510] == 0x55 && table[511] == 0xaa)
        for (const uint8_t* entry = table + 0x1be; entry < table + 0x1fe; entry += 16) {
            const unsigned heads = entry[5] + 1u;
            const unsigned sectors = entry[6] & 63;
            if (entry[5] == 0 || sectors == 0 || load_bytes(entry + 12, 4, byte_order::little) == 0)
                continue;
            const uint64_t cylinders = m_image.sectors() / (uint64_t(heads) * sectors);
            if (cylinders == 0 || cylinders > most_cylinders)
                continue;
            if (heads > usual_heads)
                break;
            return {static_cast<uint16_t>(cylinders), static_cast<uint8_t>(heads),
                    static_cast<uint8_t>(sectors)};
        }
    const uint64_t cylinders = m_image.sectors() / (usual_heads * usual_sectors);
    return {static_cast<uint16_t>(std::clamp<uint64_t>(cylinders, 2, most_cylinders)), usual_heads,
            usual_sectors};
}

void virtio_block::process(unsigned queue) {
    if (transport().waiting(queue) > transport().size(queue))
        return transport().fail("more requests than the queue has entries");
    virtio_chain chain;
    while (transport().take(queue, chain))
        serve(chain);
}

void virtio_block::serve(const virtio_chain& chain) {
    if (chain.readable.empty() || chain.writable.empty())
        return transport().fail("a request without header or status");
    virtio_walk out(chain.readable);
    if (out.left() < header_bytes)
        return transport().fail("a request whose header is too short");
    const result done = carry_out(chain, out);
    report_failure();
    if (!done)
        return;
    const virtio_segment& last = chain.writable.back();
    transport().memory().write(last.address + last.length - 1, &*done, 1);
    transport().put(0, chain, static_cast<uint32_t>(total_bytes(chain.writable)));
}

/// A guest that is told of an error may go on without a word.
void virtio_block::report_failure() {
    if (m_failure_reported || m_image.error().empty())
        return;
    m_failure_reported = true;
    const std::string text = m_image.error() + "; the guest is told of an I/O error (reported once)";
    SC_REPORT_WARNING("/vmcore/virtio/disk_error", text.c_str());
}

virtio_block::result virtio_block::carry_out(const virtio_chain& chain, virtio_walk& out) {
    uint8_t header[header_bytes];
    out.read(transport().memory(), header, sizeof header);
    const auto type = static_cast<uint32_t>(load_bytes(header, 4, byte_order::little)) & ~barrier;
    const uint64_t sector = load_bytes(header + 8, 8, byte_order::little);
    switch (type & ~uint32_t(type_out)) { // which is part of the type only where it says so
    case type_in: return type & type_out ? write(chain, out, sector) : read(chain, sector);
    case type_scsi: return refuse_scsi(chain);
    case type_flush: return flush(chain);
    case type_get_id: return identify(chain);
    case type_discard & ~uint32_t(type_out):
    case type_write_zeros & ~uint32_t(type_out): return discard_or_zero(chain, out, type);
    default: return unsupported;
    }
}

bool virtio_block::in_range(uint64_t sector, uint64_t bytes) const {
    const uint64_t count = bytes / sector_size;
    return bytes % sector_size == 0 && count <= most_sectors && sector <= m_image.sectors() &&
           count <= m_image.sectors() - sector;
}

/// Spends the time of a request; false when it is void.
bool virtio_block::start(const virtio_chain& chain, uint64_t bytes) {
    return transport().spend(chain,
                             m_config.request_latency + m_config.byte_latency * static_cast<double>(bytes));
}

uint8_t virtio_block::finish_write() {
    return m_write_cache || m_image.flush() ? ok : io_error;
}

virtio_block::result virtio_block::read(const virtio_chain& chain, uint64_t sector) {
    const uint64_t bytes = total_bytes(chain.writable) - 1;
    if (!in_range(sector, bytes))
        return io_error;
    if (!start(chain, bytes))
        return {};
    virtio_walk in(chain.writable);
    std::vector<uint8_t> buffer(std::min<uint64_t>(piece_bytes, bytes));
    for (uint64_t done = 0; done < bytes; done += buffer.size()) {
        buffer.resize(std::min<uint64_t>(piece_bytes, bytes - done));
        if (!m_image.read(sector * sector_size + done, buffer.data(), buffer.size()))
            return io_error;
        in.write(transport().memory(), buffer.data(), buffer.size());
        if (!transport().spend(chain, sc_core::SC_ZERO_TIME))
            return {};
    }
    return ok;
}

virtio_block::result virtio_block::write(const virtio_chain& chain, virtio_walk& out, uint64_t sector) {
    const uint64_t bytes = out.left();
    if (!in_range(sector, bytes))
        return io_error;
    if (!start(chain, bytes))
        return {};
    std::vector<uint8_t> buffer(std::min<uint64_t>(piece_bytes, bytes));
    for (uint64_t done = 0; done < bytes; done += buffer.size()) {
        buffer.resize(std::min<uint64_t>(piece_bytes, bytes - done));
        out.read(transport().memory(), buffer.data(), buffer.size());
        if (!m_image.write(sector * sector_size + done, buffer.data(), buffer.size()))
            return io_error;
        if (!transport().spend(chain, sc_core::SC_ZERO_TIME))
            return {};
    }
    return finish_write();
}

virtio_block::result virtio_block::flush(const virtio_chain& chain) {
    if (!start(chain, 0))
        return {};
    return m_image.flush() ? ok : io_error;
}

/// The serial number with its final zero, as far as there is room.
virtio_block::result virtio_block::identify(const virtio_chain& chain) {
    const std::string shown = m_config.serial.substr(0, serial_bytes);
    virtio_walk in(chain.writable);
    const auto room = static_cast<size_t>(std::min<uint64_t>(serial_bytes, in.left() - 1));
    in.write(transport().memory(), shown.c_str(), std::min(shown.size() + 1, room));
    return ok;
}

/// There is no SCSI device behind it; a request that is well-formed is told so in its own status.
virtio_block::result virtio_block::refuse_scsi(const virtio_chain& chain) {
    if (chain.readable.size() < 2 || chain.writable.size() < 3)
        return io_error;
    uint8_t errors[4];
    store_bytes(errors, 255, sizeof errors, byte_order::little);
    const virtio_segment& outcome = chain.writable[chain.writable.size() - 2];
    transport().memory().write(outcome.address, errors, std::min<size_t>(outcome.length, sizeof errors));
    return unsupported;
}

virtio_block::result virtio_block::discard_or_zero(const virtio_chain& chain, virtio_walk& out,
                                                   uint32_t type) {
    if (!(type & type_out) || out.left() > range_bytes)
        return unsupported;
    uint8_t range[range_bytes];
    if (out.read(transport().memory(), range, sizeof range) != sizeof range) {
        transport().fail("a discard or zeroing without its range");
        return {};
    }
    const uint64_t sector = load_bytes(range, 8, byte_order::little);
    const auto count = static_cast<uint32_t>(load_bytes(range + 8, 4, byte_order::little));
    const auto flags = static_cast<uint32_t>(load_bytes(range + 12, 4, byte_order::little));
    const bool zeroing = type == type_write_zeros;
    if (flags & ~(zeroing ? may_unmap : 0))
        return unsupported;
    const uint64_t bytes = uint64_t(count) * sector_size;
    if (count > most_sectors || !in_range(sector, bytes))
        return io_error;
    if (!zeroing)
        return start(chain, 0) ? result(ok) : result(); // of a read-only disk too, as in QEMU
    return write_zeros(chain, sector * sector_size, bytes);
}

virtio_block::result virtio_block::write_zeros(const virtio_chain& chain, uint64_t offset, uint64_t bytes) {
    if (!start(chain, bytes))
        return {};
    const std::vector<uint8_t> zeros(std::min<uint64_t>(piece_bytes, bytes));
    for (uint64_t done = 0; done < bytes; done += zeros.size()) {
        if (!m_image.write(offset + done, zeros.data(), std::min<uint64_t>(zeros.size(), bytes - done)))
            return io_error;
        if (!transport().spend(chain, sc_core::SC_ZERO_TIME))
            return {};
    }
    return finish_write();
}

} // namespace vmcore
