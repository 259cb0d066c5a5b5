// Waits for interrupts that never come: a board that is on and has nothing to do.
#include "sw/lib/print.h"

int main(void) {
    print("idle\n");
    for (;;) {
        __asm__ volatile("wfi");
    }
}
