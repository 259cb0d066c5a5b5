#include "models/dump/kdump_batch.h"

#include <cstring>

namespace vmcore {

namespace {

bool is_zero_page(const uint8_t* page, size_t size) {
    // Pages that are not zero mostly show it early. Then each byte must equal the one 16 bytes before it,
    // which the C library compares with the widest registers of the host.
    static const uint8_t zeros[16] = {};
    return std::memcmp(page, zeros, sizeof zeros) == 0 &&
           std::memcmp(page + sizeof zeros, page, size - sizeof zeros) == 0;
}

// Returns how many bytes of `to` the page takes.
uint32_t pack_page(const uint8_t* page, page_compressor& compressor, uint32_t size, uint8_t* to) {
    if (is_zero_page(page, size))
        return 0;
    if (const size_t length = compressor.compress(page, size, to))
        return static_cast<uint32_t>(length);
    std::memcpy(to, page, size);
    return size;
}

} // namespace

void kdump_batch::clear() {
    pieces.clear();
    copies.clear();
    data_pages = zero_pages = memory_bytes = 0;
    data.clear();
    sizes.clear();
}

void compress_batch(kdump_batch& batch, page_compressor& compressor, uint32_t page_size) {
    batch.data.reserve(batch.data_pages * page_size + page_compressor::slack(page_size));
    batch.sizes.reserve(batch.data_pages);
    size_t used = 0;
    for (const kdump_batch::piece& piece : batch.pieces)
        for (uint64_t page = 0; piece.bytes && page < piece.pages; ++page) {
            const uint32_t size =
                pack_page(piece.bytes + page * page_size, compressor, page_size, batch.data.data() + used);
            batch.sizes.push_back(size);
            used += size;
        }
    batch.data.resize(used);
}

} // namespace vmcore
