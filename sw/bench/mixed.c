// What system code does: calls, linked records copied by value, branches on data, short strings, some
// division.
#include "sw/bench/bench.h"
#include "sw/lib/string.h"

struct record {
    struct record* next;
    uint64_t kind;
    uint64_t count;
    char name[32];
};

static struct record current, other;
static const char names[4][32] = {"first of the strings to compare", "first of the strings to copy",
                                  "second string", "third string"};

static uint64_t __attribute__((noinline)) classify(uint64_t value) {
    if ((value & 7) == 0) {
        return 0;
    }
    if ((value & 1) != 0) {
        return value % 10 < 5 ? 1 : 2;
    }
    return 3;
}

static void __attribute__((noinline)) advance(struct record* record, uint64_t value) {
    struct record copy = *record->next;
    copy.next = record->next;
    copy.kind = classify(value);
    copy.count += copy.kind + 1;
    memcpy(copy.name, names[copy.kind], sizeof copy.name);
    *record = copy;
}

static uint64_t __attribute__((noinline)) compare(const struct record* left, const struct record* right) {
    if (strcmp(left->name, right->name) < 0) {
        return left->count / (right->kind + 1);
    }
    return strlen(right->name) + left->count;
}

int main(void) {
    const uint64_t before = bench_instructions();
    current.next = &other;
    other.next = &current;
    uint64_t checksum = 1;
    for (uint64_t repeat = 0; repeat < BENCH_REPEATS; repeat++) {
        advance(&current, checksum + repeat);
        advance(&other, checksum ^ repeat);
        checksum = checksum * 5 + compare(&current, &other);
    }
    bench_report("mixed", checksum, bench_instructions() - before);
    return 0;
}
