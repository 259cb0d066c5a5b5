#include "sw/lib/trap.h"

#include <stdbool.h>
#include <stddef.h>

#include "sw/lib/finisher.h"
#include "sw/lib/print.h"

enum { register_ra = 1, register_a0 = 10, register_a1 = 11 };

// The layout that trap_vector.S stores.
struct trap_frame {
    uint64_t x[32];
    uint64_t pc;
};

extern const char probe_begin[], probe_end[];
void trap_handle(struct trap_frame* frame);

static const char* cause_name(uint64_t cause) {
    static const char* const names[] = {
        "instruction address misaligned",
        "instruction access fault",
        "illegal instruction",
        "breakpoint",
        "load address misaligned",
        "load access fault",
        "store address misaligned",
        "store access fault",
    };
    return cause < sizeof names / sizeof names[0] ? names[cause] : "other cause";
}

// What a program cannot go on after. A second trap on the way (say, without a UART) skips the report.
static void fatal(const struct trap_frame* frame, uint64_t cause, uint64_t tval) {
    static bool entered;
    if (!entered) {
        entered = true;
        print("unexpected trap: cause ");
        print_hex(cause);
        print(" (");
        print(cause_name(cause));
        print(") epc ");
        print_hex(frame->pc);
        print(" tval ");
        print_hex(tval);
        print("\n");
    }
    poweroff(trap_exit_status);
}

void trap_handle(struct trap_frame* frame) {
    uint64_t cause;
    uint64_t tval;
    __asm__ volatile("csrr %0, mcause" : "=r"(cause));
    __asm__ volatile("csrr %0, mtval" : "=r"(tval));
    if (frame->pc >= (uintptr_t)probe_begin && frame->pc < (uintptr_t)probe_end) {
        frame->x[register_a0] = cause;
        frame->x[register_a1] = tval;
        frame->pc = frame->x[register_ra];
        return;
    }
    fatal(frame, cause, tval);
}

// The probes return in a0, a1 and a2, which no C function type can say: hence the call by hand.
static struct probe_result run_probe(const void* probe, uintptr_t address, uint64_t* value) {
    register uint64_t a0 __asm__("a0") = address;
    register uint64_t a1 __asm__("a1") = *value;
    register uint64_t a2 __asm__("a2") = *value;
    __asm__ volatile("jalr ra, 0(%3)" : "+r"(a0), "+r"(a1), "+r"(a2) : "r"(probe) : "ra", "memory");
    *value = a2;
    return (struct probe_result){.cause = (int64_t)a0, .tval = a1};
}

extern const char probe_load_1[], probe_load_2[], probe_load_4[], probe_load_8[];
extern const char probe_store_1[], probe_store_2[], probe_store_4[], probe_store_8[];

struct probe_result probe_load(uintptr_t address, unsigned width, uint64_t* value) {
    const char* const probe = width == 1   ? probe_load_1
                              : width == 2 ? probe_load_2
                              : width == 4 ? probe_load_4
                                           : probe_load_8;
    return run_probe(probe, address, value);
}

struct probe_result probe_store(uintptr_t address, unsigned width, uint64_t value) {
    const char* const probe = width == 1   ? probe_store_1
                              : width == 2 ? probe_store_2
                              : width == 4 ? probe_store_4
                                           : probe_store_8;
    return run_probe(probe, address, &value);
}
