#pragma once

#include "models/dump/codec.h"
#include "models/dump/flattened_output.h"

#include <cstdint>
#include <vector>

namespace vmcore {

/// Consecutive pages of a dump that are compressed together; what a worker gets and gives back.
struct kdump_batch {
    struct piece {
        const uint8_t* bytes = nullptr; ///< null: zeros that nobody needs to look at
        uint64_t pages = 0;
    };

    std::vector<piece> pieces;
    std::vector<uint8_t> copies; ///< pages of pieces that are in no host memory; never grows while in use
    uint64_t data_pages = 0;     ///< in the pieces that have bytes
    uint64_t zero_pages = 0;     ///< in the others
    uint64_t memory_bytes = 0;   ///< of guest memory, for progress

    /// Filled by compress_batch(): the bytes of all pages that are not zero, and how many are each page's, 0
    /// for a page of zeros and the page size for one that would not shrink. Of pieces that have bytes only.
    kdump_record data;
    std::vector<uint32_t> sizes;

    void clear();
};

/// Compresses all pages of a batch.
void compress_batch(kdump_batch& batch, page_compressor& compressor, uint32_t page_size);

} // namespace vmcore
