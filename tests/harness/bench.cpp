#include "tests/harness/bench.h"

namespace vmcore::test {

bench::bench(const sc_core::sc_module_name& name)
    : sc_core::sc_module(name) {
    SC_HAS_PROCESS(bench);
    SC_THREAD(run_body);
    set_stack_size(8 << 20); // sanitizers and property tests need deep frames; untouched pages cost nothing
}

protocol_checker& bench::add_checker() {
    m_checkers.push_back(std::make_unique<protocol_checker>(sc_core::sc_gen_unique_name("checker")));
    m_checkers.back()->on_violation([](const protocol_checker::violation& broken) {
        ADD_FAILURE() << "base protocol, IEEE 1666-2011 clause " << broken.clause << ": " << broken.text;
    });
    return *m_checkers.back();
}

void bench::run_body() {
    body();
    m_finished = true;
    sc_core::sc_stop();
}

bool bench::kernel_is_fresh() {
    const bool fresh = sc_core::sc_get_status() == sc_core::SC_ELABORATION;
    EXPECT_TRUE(fresh) << "SystemC's kernel has already run in this process. One process per test: run this "
                          "program through ctest, or with --gtest_filter naming one test";
    return fresh;
}

void bench::run() {
    if (!kernel_is_fresh())
        return;
    sc_core::sc_set_stop_mode(sc_core::SC_STOP_IMMEDIATE);
    sc_core::sc_start();
    EXPECT_TRUE(m_finished) << "the test body never came to its end";
}

} // namespace vmcore::test
