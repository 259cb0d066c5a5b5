#pragma once

#include "models/dump/arch.h"
#include "models/dump/guest_state.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore {

/// A VMCOREINFO found in memory.
struct rescue_candidate {
    uint64_t paddr = 0;   ///< guest-physical address of the note, or of the text when there is no note
    uint32_t size = 0;    ///< bytes of the padded note, or of the text
    bool is_note = false; ///< else a note has to be made of the text
    std::string text;     ///< whole lines of printable KEY=value
    int score = 0;        ///< higher is better; comparable within one search only
    std::vector<std::string> reasons; ///< for the score, printable
};

/// The most candidates that find_vmcoreinfo() returns.
constexpr size_t most_rescue_candidates = 16;

/// Searches the guest's memory for what its kernel would have published as a VMCOREINFO note, best first.
///
/// Linux keeps the note and its text in memory whether or not a device took it. Memory may also hold those of
/// an earlier kernel, copies, and whatever a hostile guest made up. What proves a candidate is that its
/// kernel is there: that the page tables it names map themselves, that its symbols are mapped, and that the
/// kernel at those addresses calls itself by the release in the text.
std::vector<rescue_candidate> find_vmcoreinfo(const dump_target& target, const guest_memory& memory);

} // namespace vmcore
