#include "platform/image_list.h"

#include "platform/host_pages.h"

#include <algorithm>
#include <cstring>
#include <sstream>
#include <stdexcept>

namespace vmcore {

static std::string range_text(uint64_t start, uint64_t size) {
    std::ostringstream text;
    text << std::hex << "0x" << start << "..0x" << start + size - 1;
    return text.str();
}

const image_target* image_list::find_target(const image& wanted) const {
    for (const image_target& target : m_targets)
        if (wanted.address >= target.base && wanted.address - target.base < target.size &&
            wanted.bytes.size() <= target.size - (wanted.address - target.base))
            return &target;
    return nullptr;
}

bool image_list::is_in_memory(uint64_t address) const {
    return std::any_of(m_targets.begin(), m_targets.end(), [&](const image_target& target) {
        return address >= target.base && address - target.base < target.size;
    });
}

/// From the image's start up to where memory begins, or to what must be there.
void image_list::leave_out_what_is_dispensable(image& added) const {
    if (is_in_memory(added.address))
        return;
    uint64_t outside = added.dispensable;
    for (const image_target& target : m_targets)
        if (target.base >= added.address)
            outside = std::min(outside, target.base - added.address);
    if (outside < added.bytes.size() && !is_in_memory(added.address + outside))
        return; // to be told of as a whole
    added.bytes.erase(added.bytes.begin(), added.bytes.begin() + static_cast<std::ptrdiff_t>(outside));
    added.address += outside;
}

void image_list::add(image added) {
    leave_out_what_is_dispensable(added);
    if (added.bytes.empty())
        return;
    const image_target* const target = find_target(added);
    if (target == nullptr) {
        std::string text =
            added.name + ": " + range_text(added.address, added.bytes.size()) + " lies outside ";
        for (const image_target& each : m_targets)
            text += (&each == &m_targets.front() ? "" : " and ") + each.name + " (" +
                    range_text(each.base, each.size) + ")";
        throw std::runtime_error(text);
    }
    for (const image& other : m_images)
        if (added.address < other.end() && other.address < added.end())
            throw std::runtime_error(added.name + ": " + range_text(added.address, added.bytes.size()) +
                                     " overlaps " + other.name + " at " +
                                     range_text(other.address, other.bytes.size()));
    const uint64_t offset = added.address - target->base;
    keep_ends_small({target->data, target->size}, offset, offset + added.bytes.size());
    m_images.push_back(std::move(added));
}

void image_list::write_all() const {
    for (const image& written : m_images) {
        const image_target* target = find_target(written);
        std::memcpy(target->data + (written.address - target->base), written.bytes.data(),
                    written.bytes.size());
    }
}

} // namespace vmcore
