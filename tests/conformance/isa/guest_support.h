/* What the guests of the privileged chapters share: output, a hash of what they saw, and pseudo-random
 * numbers. */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#ifndef VERBOSE_GROUP
#define VERBOSE_GROUP -1
#endif
#ifndef SEED
#define SEED 1
#endif

/* As guest_entry.S lays it out: enter_case() loads it and leaves by mret, a trap to M mode stores it. */
struct frame {
    u64 pc;
    u64 x[31];
    u64 mcause, mtval, mepc, mstatus;
};
extern void enter_case(struct frame* frame);

static u64 random_state, hash;

#define read_csr(name)                                                                                       \
    ({                                                                                                       \
        u64 value_;                                                                                          \
        __asm__ volatile("csrr %0, " #name : "=r"(value_));                                                  \
        value_;                                                                                              \
    })
#define write_csr(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((u64)(value)) : "memory")

static inline void put(char c) {
    *(volatile u8*)0x10000000 = (u8)c;
}

static inline void print(const char* text) {
    while (*text)
        put(*text++);
}

static inline void print_hex(u64 value) {
    int shift = 60;
    while (shift > 0 && (value >> shift) == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        put("0123456789abcdef"[value >> shift & 15]);
}

static inline void print_field(const char* name, u64 value) {
    put(' ');
    print(name);
    put('=');
    print_hex(value);
}

static inline void mix(u64 value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ul;
    hash ^= hash >> 29;
}

static inline u64 random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1dul;
}

static inline u64 below(u64 limit) {
    return (random() >> 8) % limit;
}

static inline int percent(unsigned chance) {
    return below(100) < chance;
}

static inline void seed(u64 group) {
    random_state = 0x9e3779b97f4a7c15ul * (group + 1) + SEED;
    for (int i = 0; i < 8; ++i)
        random();
}

static inline int is_wanted(u64 group) {
    return VERBOSE_GROUP < 0 || group == (u64)VERBOSE_GROUP;
}

static inline void end_group(u64 group) {
    print("group ");
    print_hex(group);
    put(' ');
    print_hex(hash);
    put('\n');
}
