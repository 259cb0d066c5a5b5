// Byte loads and stores over 256 KiB: the sieve of Eratosthenes, BENCH_REPEATS times.
#include "sw/bench/bench.h"

enum { limit = 256 * 1024 };

static uint8_t composite[limit];

static uint64_t __attribute__((noinline)) count_primes(void) {
    uint64_t primes = 0;
    for (uint32_t i = 0; i < limit; i++) {
        composite[i] = 0;
    }
    for (uint32_t i = 2; i < limit; i++) {
        if (composite[i]) {
            continue;
        }
        primes++;
        for (uint32_t multiple = 2 * i; multiple < limit; multiple += i) {
            composite[multiple] = 1;
        }
    }
    return primes;
}

int main(void) {
    const uint64_t before = bench_instructions();
    uint64_t checksum = 0;
    for (uint32_t repeat = 0; repeat < BENCH_REPEATS; repeat++) {
        checksum = checksum * 31 + count_primes();
    }
    bench_report("sieve", checksum, bench_instructions() - before);
    return 0;
}
