#include "models/dump/flattened_output.h"

#include "models/tlm/endian.h"

#include <algorithm>
#include <cstring>

namespace vmcore {

namespace {

constexpr size_t file_header_size = 4096;

void store_big(uint8_t* to, uint64_t number) {
    store_bytes(to, number, 8, byte_order::big);
}

} // namespace

void kdump_record::append(const void* from, size_t length) {
    reserve(m_size + length);
    std::memcpy(data() + m_size, from, length);
    m_size += length;
}

void raw_output::write(uint64_t offset, kdump_record& record) {
    m_file.write_at(offset, record.data(), record.size());
    m_size = std::max(m_size, offset + record.size());
}

flattened_output::flattened_output(output_file& file)
    : kdump_output(file) {
    std::vector<uint8_t> header(file_header_size);
    std::memcpy(header.data(), "makedumpfile", 12);
    store_big(&header[16], 1); // type: flattened
    store_big(&header[24], 1); // version
    put(header.data(), header.size());
}

void flattened_output::write(uint64_t offset, kdump_record& record) {
    store_big(record.header(), offset);
    store_big(record.header() + 8, record.size());
    put(record.header(), kdump_record::header_size + record.size());
}

void flattened_output::finish() {
    uint8_t end[kdump_record::header_size];
    std::memset(end, 0xff, sizeof end);
    put(end, sizeof end);
}

void flattened_output::put(const uint8_t* bytes, size_t length) {
    if (m_broken && !m_file.seekable())
        return; // a record would begin in the middle of another one
    m_broken = true;
    m_file.write_at(m_size, bytes, length);
    m_broken = false;
    m_size += length;
}

} // namespace vmcore
