#include "sw/bench/bench.h"

#include "sw/lib/print.h"

void bench_report(const char* name, uint64_t checksum, uint64_t instructions) {
    print(name);
    print(": checksum ");
    print_hex(checksum);
    print(", ");
    print_decimal(instructions);
    print(" instructions\n");
}
