#include "sw/selftest/check.h"

#include "sw/lib/print.h"

static unsigned failure_count;

static void verdict(const char* name, bool passed) {
    print(passed ? "ok " : "FAIL ");
    print(name);
    failure_count += !passed;
}

void check(const char* name, bool passed) {
    verdict(name, passed);
    print("\n");
}

void check_equal(const char* name, uint64_t got, uint64_t expected) {
    verdict(name, got == expected);
    if (got != expected) {
        print(": got ");
        print_hex(got);
        print(", expected ");
        print_hex(expected);
    }
    print("\n");
}

void check_fault(const char* name, struct probe_result result, enum trap_cause cause, uintptr_t address) {
    const bool passed = result.cause == cause && result.tval == address;
    verdict(name, passed);
    if (!passed) {
        print(": cause ");
        print_hex((uint64_t)result.cause);
        print(" tval ");
        print_hex(result.tval);
    }
    print("\n");
}

unsigned failures(void) {
    return failure_count;
}
