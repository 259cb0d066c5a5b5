#pragma once

#include <cstdint>

namespace vmcore {

/// How often anybody of the simulation has stored to memory, for those who keep something made of memory's
/// contents, as a hart keeps decoded code: while the number stays the same, nobody has changed them. Whoever
/// stores by DMI notes it before others may look, memory models note what they are sent. There is one count,
/// as there is one SystemC kernel.
class memory_stores {
public:
    static void note() { ++s_count; }
    static uint64_t count() { return s_count; }

private:
    inline static uint64_t s_count = 0;
};

} // namespace vmcore
