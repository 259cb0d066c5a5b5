#pragma once

#include <cstdint>
#include <vector>

namespace vmcore {

/// What was written over a disk image that must not change: a sparse file without a name in the directory for
/// temporary files, block by block.
class overlay {
public:
    static constexpr uint64_t block_bytes = 4096;

    /// @param size bytes of the image
    /// @throws std::runtime_error when the file cannot be made
    explicit overlay(uint64_t size);
    ~overlay();
    overlay(const overlay&) = delete;
    overlay& operator=(const overlay&) = delete;

    bool has(uint64_t block) const { return m_present[block]; }
    void add(uint64_t block) { m_present[block] = true; }
    int file() const { return m_file; } ///< where the blocks are, each at its offset in the image

private:
    int m_file;
    std::vector<bool> m_present;
};

} // namespace vmcore
