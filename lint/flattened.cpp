#include "lint/flattened.h"

#include "models/dump/byte_sink.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace vmcore::lint {

namespace {

constexpr char signature[16] = "makedumpfile";
constexpr uint64_t header_bytes = 4096;
constexpr uint64_t end_mark = ~uint64_t{0};
constexpr uint64_t last_offset = ~uint64_t{0} >> 1; // offsets are signed in the format

uint64_t big_endian(const uint8_t* bytes) {
    return load_bytes(bytes, 8, byte_order::big);
}

} // namespace

bool is_flattened(const byte_source& file) {
    char start[sizeof signature];
    return file.read_all(0, start, sizeof start) && std::memcmp(start, signature, sizeof start) == 0;
}

flattened_source::flattened_source(const byte_source& file)
    : m_file(file) {
    uint8_t head[32];
    if (!file.read_all(0, head, sizeof head))
        throw not_a_dump("flattened, and cut off within its header");
    if (big_endian(head + 16) != 1 || big_endian(head + 24) != 1)
        throw not_a_dump("flattened, but not of type 1 and version 1");
    for (uint64_t place = header_bytes; !m_complete; ++m_records) {
        uint8_t record[16];
        if (!file.read_all(place, record, sizeof record))
            break;
        const uint64_t offset = big_endian(record), size = big_endian(record + 8);
        m_complete = offset == end_mark && size == end_mark;
        if (m_complete)
            break;
        if (size == 0 || size > last_offset || offset > last_offset - size)
            throw not_a_dump("flattened: record " + std::to_string(m_records) + " has no possible place");
        if (m_pieces.size() >= max_records)
            throw not_a_dump("flattened into more than " + std::to_string(max_records) +
                             " records: run makedumpfile -R first");
        place += sizeof record;
        const uint64_t there = file.holds(place, size) ? size : file.size() - place;
        if (there > 0)
            add(offset, {there, place});
        m_size = std::max(m_size, offset + there);
        if (there < size)
            break;
        place += size;
    }
}

/// Makes two pieces of the one that spans `offset`.
void flattened_source::cut_at(uint64_t offset) {
    auto next = m_pieces.upper_bound(offset);
    if (next == m_pieces.begin())
        return;
    auto& [start, spanning] = *std::prev(next);
    const uint64_t before = offset - start;
    if (before == 0 || before >= spanning.size)
        return;
    m_pieces.emplace_hint(next, offset, piece{spanning.size - before, spanning.source + before});
    spanning.size = before;
}

void flattened_source::add(uint64_t offset, piece added) {
    cut_at(offset);
    cut_at(offset + added.size);
    m_pieces.erase(m_pieces.lower_bound(offset), m_pieces.lower_bound(offset + added.size));
    m_pieces.emplace(offset, added);
}

size_t flattened_source::read(uint64_t offset, void* to, size_t length) const {
    if (offset >= m_size)
        return 0;
    length = static_cast<size_t>(std::min<uint64_t>(length, m_size - offset));
    std::memset(to, 0, length);
    auto each = m_pieces.upper_bound(offset);
    if (each != m_pieces.begin())
        --each;
    for (; each != m_pieces.end() && each->first < offset + length; ++each) {
        const uint64_t start = std::max(offset, each->first);
        const uint64_t end = std::min(offset + length, each->first + each->second.size);
        if (start < end)
            m_file.read(each->second.source + (start - each->first),
                        static_cast<uint8_t*>(to) + (start - offset), static_cast<size_t>(end - start));
    }
    return length;
}

} // namespace vmcore::lint
