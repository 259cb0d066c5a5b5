#include "models/memory/memory.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <gtest/gtest-spi.h>

namespace vmcore::test {
namespace {

class harness_bench : public bench {
public:
    harness_bench() { connect(initiator.socket, ram.socket); }

protected:
    static memory::config sixteen_bytes() {
        memory::config config;
        config.size = 16;
        return config;
    }
    test_initiator initiator{"initiator"};
    memory ram{"ram", sixteen_bytes()};
};

SC_TEST(harness_bench, body_runs_in_a_thread_process) {
    EXPECT_EQ(sc_core::sc_get_current_process_handle().proc_kind(), sc_core::SC_THREAD_PROC_);
    sc_core::wait(sc_core::sc_time(1, sc_core::SC_NS));
    EXPECT_TRUE(initiator.read(0, 4).ok());
}

SC_TEST(harness_bench, connected_sockets_have_a_checker_between_them) {
    std::vector<uint8_t> data(4);
    request broken(tlm::TLM_READ_COMMAND, 0, data);
    broken.set_streaming_width(0);
    EXPECT_NONFATAL_FAILURE(initiator.send(broken), "IEEE 1666-2011 clause 14.15");
}

struct endless_bench : bench {
    void body() override { sc_core::wait(); }
};

TEST(harness, body_that_never_ends_is_a_failure) {
    endless_bench stuck;
    EXPECT_NONFATAL_FAILURE(stuck.run(), "never came to its end");
}

} // namespace
} // namespace vmcore::test
