#pragma once

#include <atomic>

namespace vmcore::test {

/// How many allocations by `new` are to succeed until one fails, in whichever thread it is; negative: none
/// fails, as after the one that did. Counts in programs that are built with failing_allocation.cpp, which
/// replaces the global operators.
extern std::atomic<long> allocations_left;

} // namespace vmcore::test
