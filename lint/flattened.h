#pragma once

#include "lint/byte_source.h"

#include <map>

namespace vmcore::lint {

/// Whether a file begins as makedumpfile's flattened format does.
bool is_flattened(const byte_source& file);

/// The file that `makedumpfile -R` would make of a flattened one, without making it.
///
/// A flattened file is a header of 4096 bytes (16 of signature, then type 1 and version 1 as big-endian
/// 64-bit numbers) and records {offset, size, bytes}, also big-endian, up to a record {-1, -1}. A later
/// record overwrites what an earlier one put in the same place. What no record tells is zero.
class flattened_source : public byte_source {
public:
    /// So many pieces take about 300 MiB of the host's memory; QEMU writes 12 records for a MiB of guest
    /// memory.
    static constexpr size_t max_records = 4'000'000;

    /// Reads the records' heads. `file` must outlive this view of it.
    /// @throws not_a_dump: not of type 1 and version 1, a record of a size or place that cannot be, too many
    explicit flattened_source(const byte_source& file);

    uint64_t size() const override { return m_size; }
    size_t read(uint64_t offset, void* to, size_t length) const override;

    uint64_t records() const { return m_records; }
    /// The end record is there: the writer came to its end.
    bool complete() const { return m_complete; }

private:
    struct piece {
        uint64_t size;
        uint64_t source; ///< where its bytes are in the flattened file
    };

    void add(uint64_t offset, piece added);
    void cut_at(uint64_t offset);

    const byte_source& m_file;
    std::map<uint64_t, piece> m_pieces; ///< by offset, without overlaps
    uint64_t m_size = 0;
    uint64_t m_records = 0;
    bool m_complete = false;
};

} // namespace vmcore::lint
