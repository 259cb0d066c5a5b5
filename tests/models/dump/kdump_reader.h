#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore::test {

/// A kdump file, flattened or not, taken apart after the format's description alone: it shares no code with
/// the writer. Anything out of bounds throws std::out_of_range, anything wrong std::runtime_error.
class kdump_reader {
public:
    struct record {
        uint64_t offset, size;
    };
    struct descriptor {
        uint64_t offset;
        uint32_t size, flags;
        uint64_t page_flags;
    };

    /// `wide`: the 64-bit class; `big`: big-endian.
    explicit kdump_reader(const std::string& bytes, bool wide = true, bool big = false);

    bool flattened = false;
    std::vector<record> records; ///< of a flattened file, in file order, without the end

    std::string utsname[6];
    uint64_t version, status, block_size, sub_header_blocks, bitmap_blocks, max_mapnr, cpus;
    uint64_t phys_base, dump_level, offset_vmcoreinfo, size_vmcoreinfo, offset_note, size_note, max_mapnr_64;

    std::string bitmaps[2];
    std::vector<uint64_t> pages; ///< numbers of those in the file
    std::vector<descriptor> descriptors;
    uint64_t data_offset; ///< behind the descriptors

    /// The whole file as it is when not flattened.
    const std::string& bytes() const { return m_bytes; }
    std::string vmcoreinfo() const { return m_bytes.substr(offset_vmcoreinfo, size_vmcoreinfo); }
    /// What pages[index] holds.
    std::string page(size_t index) const;

private:
    void unflatten(const std::string& stream);
    void read_headers();
    void read_pages();
    uint64_t take(int width);

    std::string m_bytes;
    bool m_wide, m_big;
    uint64_t m_at = 0; ///< where take() goes on
};

} // namespace vmcore::test
