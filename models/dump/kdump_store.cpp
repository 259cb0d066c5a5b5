#include "models/dump/kdump_store.h"

#include "models/tlm/endian.h"

#include <cstring>
#include <vector>

namespace vmcore {

namespace {

constexpr size_t large_buffer = 256 << 10;
constexpr size_t qemu_blocks = 4;

} // namespace

kdump_store::kdump_store(kdump_output& output, const dump_target& target, page_codec codec,
                         uint32_t page_size, const kdump_layout& layout, kdump_order order)
    : m_output(output)
    , m_byte_order(target.order)
    , m_codec(codec)
    , m_page_size(page_size)
    , m_order(order)
    , m_limit(order == kdump_order::qemu ? qemu_blocks * page_size : large_buffer)
    , m_descriptor_offset(layout.descriptor_offset)
    , m_data_offset(layout.data_offset)
    , m_next_page(layout.data_offset) {
    m_descriptors.reserve(m_limit);
    m_data.reserve(m_limit);
    encode(m_next_page, m_page_size, 0, m_zero_descriptor);
    const std::vector<uint8_t> zeros(page_size);
    put_data(zeros.data(), zeros.size());
    m_next_page += page_size;
}

void kdump_store::encode(uint64_t offset, uint32_t size, uint32_t flags, uint8_t* to) const {
    store_bytes(to, offset, 8, m_byte_order);
    store_bytes(to + 8, size, 4, m_byte_order);
    store_bytes(to + 12, flags, 4, m_byte_order);
    store_bytes(to + 16, 0, 8, m_byte_order); // page flags: the kernel's, which nobody reads here
}

void kdump_store::flush(kdump_output& output, uint64_t& offset, kdump_record& record) {
    if (record.empty())
        return;
    output.write(offset, record);
    offset += record.size();
    record.clear();
}

void kdump_store::put_data(const uint8_t* bytes, size_t size) {
    if (m_data.size() + size > m_limit)
        flush(m_output, m_data_offset, m_data);
    m_data.append(bytes, size);
}

void kdump_store::put_descriptor(const uint8_t* descriptor) {
    if (m_descriptors.size() + kdump_descriptor_size > m_limit)
        flush(m_output, m_descriptor_offset, m_descriptors);
    m_descriptors.append(descriptor, kdump_descriptor_size);
}

void kdump_store::put_piece(const uint32_t* sizes, uint64_t pages, const uint8_t* bytes) {
    uint8_t descriptor[kdump_descriptor_size];
    for (uint64_t page = 0; page < pages; ++page) {
        const uint32_t size = sizes ? sizes[page] : 0;
        if (size == 0) {
            put_descriptor(m_zero_descriptor);
            continue;
        }
        if (m_order == kdump_order::qemu)
            put_data(bytes, size);
        bytes += size;
        encode(m_next_page, size, size < m_page_size ? static_cast<uint32_t>(m_codec) : 0, descriptor);
        put_descriptor(descriptor);
        m_next_page += size;
    }
}

void kdump_store::add(kdump_batch& batch) {
    const uint8_t* bytes = batch.data.data();
    const uint32_t* sizes = batch.sizes.data();
    for (const kdump_batch::piece& piece : batch.pieces) {
        const uint64_t before = m_next_page;
        put_piece(piece.bytes ? sizes : nullptr, piece.pages, bytes);
        bytes += m_next_page - before;
        sizes += piece.bytes ? piece.pages : 0;
    }
    if (m_order == kdump_order::batches) {
        flush(m_output, m_data_offset, m_data); // the page of zeros, the first time
        flush(m_output, m_data_offset, batch.data);
    }
}

void kdump_store::finish() {
    flush(m_output, m_descriptor_offset, m_descriptors);
    flush(m_output, m_data_offset, m_data);
}

} // namespace vmcore
