#pragma once

#include <cstdint>

namespace vmcore {

/// How often anybody of the simulation has stored to memory, for those who keep something made of memory's
/// contents, as a hart keeps decoded code: while the number stays the same, none of those who note it has
/// changed them. DMA engines and debuggers note that they store, memory models what they are sent. Harts do
/// not note what they store by DMI: they do little else, and code that others run has `fence.i` for it. There
/// is one count, as there is one SystemC kernel.
class memory_stores {
public:
    static void note() { ++s_count; }
    static uint64_t count() { return s_count; }

private:
    inline static uint64_t s_count = 0;
};

} // namespace vmcore
