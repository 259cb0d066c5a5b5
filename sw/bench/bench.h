#pragma once

#include <stdint.h>

/// Instructions that this hart has retired since reset. QEMU counts them only under -icount; without it the
/// value is a time.
static inline uint64_t bench_instructions(void) {
    uint64_t count;
    __asm__ volatile("csrr %0, minstret" : "=r"(count));
    return count;
}

/// Prints "NAME: checksum 0x..., N instructions".
void bench_report(const char* name, uint64_t checksum, uint64_t instructions);
