// What every fuzz program needs besides its target, whoever calls it: libFuzzer or the replayer.

#include <systemc>

/// SystemC's shared library asks for it. The programs have a main function of their own.
int sc_main(int, char**) {
    return 0;
}

// Defaults of the sanitizers, so that a program also runs by hand. SystemC switches stacks by itself: the
// address sanitizer's detection of uses after return cannot follow.
extern "C" const char* __asan_default_options() {
    return "detect_stack_use_after_return=0:alloc_dealloc_mismatch=0";
}

extern "C" const char* __ubsan_default_options() {
    return "print_stacktrace=1";
}

#ifdef VMCORE_FUZZ_SWITCHES_STACKS
// Nor can the leak checker, which would take libFuzzer's own objects for leaks. The replayer has it on.
extern "C" int __lsan_is_turned_off() {
    return 1;
}
#endif
