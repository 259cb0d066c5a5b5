#pragma once

#include "models/dump/flattened_output.h"
#include "models/dump/kdump_batch.h"
#include "models/dump/kdump_header.h"

#include <cstdint>

namespace vmcore {

/// In which pieces, and so in which order, pages and their descriptors are written. The content of the file
/// is the same; the records of a flattened one differ.
enum class kdump_order {
    batches, ///< all pages of a batch at once
    qemu, ///< as QEMU does: both through buffers of four blocks, whose content goes out before they overflow
};

/// Writes pages and their descriptors; before all others one page of zeros, which all such pages share.
class kdump_store {
public:
    kdump_store(kdump_output& output, const dump_target& target, page_codec codec, uint32_t page_size,
                const kdump_layout& layout, kdump_order order);
    kdump_store(const kdump_store&) = delete;
    kdump_store& operator=(const kdump_store&) = delete;

    /// The next pages of the dump, compressed.
    void add(kdump_batch& batch);
    /// Nothing comes after this.
    void finish();

private:
    void put_piece(const uint32_t* sizes, uint64_t pages, const uint8_t* bytes);
    void put_data(const uint8_t* bytes, size_t size);
    void put_descriptor(const uint8_t* descriptor);
    void encode(uint64_t offset, uint32_t size, uint32_t flags, uint8_t* to) const;
    static void flush(kdump_output& output, uint64_t& offset, kdump_record& record);

    kdump_output& m_output;
    const byte_order m_byte_order;
    const page_codec m_codec;
    const uint32_t m_page_size;
    const kdump_order m_order;
    const size_t m_limit;         ///< bytes that the buffers hold at most
    kdump_record m_descriptors;   ///< not written yet
    kdump_record m_data;          ///< not written yet
    uint64_t m_descriptor_offset; ///< of the buffer's first byte in the file
    uint64_t m_data_offset;       ///< of the buffer's first byte in the file
    uint64_t m_next_page;         ///< offset of the next page's bytes
    uint8_t m_zero_descriptor[kdump_descriptor_size];
};

} // namespace vmcore
