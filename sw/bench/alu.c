// Register arithmetic only: a xorshift generator, BENCH_REPEATS steps of ten instructions or so.
#include "sw/bench/bench.h"

static uint64_t __attribute__((noinline)) run(uint64_t steps) {
    uint64_t state = 0x9e3779b97f4a7c15;
    uint64_t sum = 0;
    for (; steps != 0; steps--) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        sum += state;
    }
    return sum;
}

int main(void) {
    const uint64_t before = bench_instructions();
    const uint64_t checksum = run(BENCH_REPEATS);
    bench_report("alu", checksum, bench_instructions() - before);
    return 0;
}
