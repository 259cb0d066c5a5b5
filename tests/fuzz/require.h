#pragma once

#include <cstdio>
#include <cstdlib>

namespace vmcore::fuzz {

/// Ends the process when something that must hold for every input does not: libFuzzer then keeps the input.
inline void require(bool holds, const char* what) {
    if (holds)
        return;
    std::fprintf(stderr, "must hold and does not: %s\n", what);
    std::abort();
}

} // namespace vmcore::fuzz
