#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore {

/// A block of bytes that stands in guest memory after every reset, like a ROM: firmware, kernel, device tree.
struct image {
    std::string name; ///< option and file it came from, for messages
    uint64_t address; ///< guest-physical
    std::vector<uint8_t> bytes;
    uint64_t dispensable = 0; ///< bytes at its start that may lie outside memory, and are then left out

    uint64_t end() const { return address + bytes.size(); }
};

/// A range of guest memory that images may be put into.
struct image_target {
    std::string name;
    uint64_t base;
    uint64_t size;
    uint8_t* data;
};

/// The images of a board. They are copied into memory at every reset; memory between them keeps its contents.
class image_list {
public:
    explicit image_list(std::vector<image_target> targets)
        : m_targets(std::move(targets)) {}

    /// @throws std::runtime_error when the image lies outside every target or overlaps another image
    void add(image added);

    void write_all() const;

private:
    const image_target* find_target(const image& wanted) const;
    bool is_in_memory(uint64_t address) const;
    void leave_out_what_is_dispensable(image& added) const;

    std::vector<image_target> m_targets;
    std::vector<image> m_images;
};

} // namespace vmcore
