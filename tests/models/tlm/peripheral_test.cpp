#include "models/tlm/peripheral.h"

#include "models/bus/bus.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

namespace vmcore::test {
namespace {

const sc_core::sc_time microsecond(1, sc_core::SC_US);

/// A peripheral whose write starts an operation of one microsecond that comes back to its own register.
class engine : public peripheral {
public:
    explicit engine(const sc_core::sc_module_name& name)
        : peripheral(name, sc_core::SC_ZERO_TIME) {}
    void reset() override {}

    test_initiator own{"own"};
    bool comes_back = false;
    std::vector<tlm::tlm_response_status> own_accesses;

private:
    void write_start(const register_access&, uint64_t) {
        const engagement busy(*this);
        if (comes_back)
            for (int i = 0; i < 3; ++i) {
                own_accesses.push_back(own.write_value(0, 1, 4).status);
                own_accesses.push_back(own.read(4, 4).status);
            }
        sc_core::wait(microsecond);
    }
    uint64_t read_status(const register_access&) { return 0x600d; }

    reg start{m_registers, "start", {0, 4}, {}, on(this, &engine::write_start)};
    reg status{
        m_registers, "status", {4, 4}, on(this, &engine::read_status), {}, on(this, &engine::read_status)};
};

class engagement_bench : public bench {
public:
    engagement_bench() {
        connect(initiator.socket, crossbar.target_socket);
        connect(other.socket, crossbar.target_socket);
        connect(device.own.socket, crossbar.target_socket);
        crossbar.map("device", 0, 0x1000, checked(device.socket));
        SC_HAS_PROCESS(engagement_bench);
        SC_THREAD(run_other);
        sc_core::sc_report_handler::set_handler(&engagement_bench::count_warnings);
    }

protected:
    test_initiator initiator{"initiator"};
    test_initiator other{"other"};
    bus crossbar{"bus"};
    engine device{"device"};

    sc_core::sc_event go; // lets the other process make one read
    sc_core::sc_time other_finished;
    test_initiator::result other_answer{};
    static unsigned warnings;

private:
    void run_other() {
        sc_core::wait(go);
        other_answer = other.read(4, 4);
        other_finished = sc_core::sc_time_stamp();
    }
    static void count_warnings(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
        if (std::string(report.get_msg_type()) == "/vmcore/tlm/reentrant_access")
            ++warnings;
        else
            sc_core::sc_report_handler::default_handler(report, actions);
    }
};

unsigned engagement_bench::warnings = 0;

SC_TEST(engagement_bench, own_accesses_are_refused_and_reported_once) {
    device.comes_back = true;
    EXPECT_TRUE(initiator.write_value(0, 1, 4).ok());
    EXPECT_EQ(device.own_accesses, std::vector<tlm::tlm_response_status>(6, tlm::TLM_GENERIC_ERROR_RESPONSE));
    EXPECT_EQ(warnings, 1u);
    EXPECT_TRUE(initiator.write_value(0, 1, 4).ok());
    EXPECT_EQ(warnings, 1u);
}

SC_TEST(engagement_bench, the_peripheral_answers_again_after_the_operation) {
    EXPECT_TRUE(initiator.write_value(0, 1, 4).ok());
    EXPECT_EQ(sc_core::sc_time_stamp(), microsecond);
    EXPECT_EQ(initiator.read(4, 4).value(), 0x600du);
    EXPECT_EQ(device.own.read(4, 4).value(), 0x600du);
    EXPECT_EQ(warnings, 0u);
}

SC_TEST(engagement_bench, another_process_waits_for_the_end) {
    go.notify(microsecond / 4);
    EXPECT_TRUE(initiator.write_value(0, 1, 4).ok());
    EXPECT_EQ(other_finished, sc_core::SC_ZERO_TIME) << "still waiting";
    sc_core::wait(sc_core::SC_ZERO_TIME);
    EXPECT_EQ(other_finished, microsecond);
    EXPECT_EQ(other_answer.value(), 0x600du);
    EXPECT_EQ(warnings, 0u);
}

SC_TEST(engagement_bench, debug_transport_never_waits) {
    device.comes_back = true;
    EXPECT_EQ(initiator.debug_read(4, 4).value(), 0x600du);
    EXPECT_TRUE(initiator.write_value(0, 1, 4).ok());
    EXPECT_EQ(initiator.debug_read(4, 4).value(), 0x600du);
}

} // namespace
} // namespace vmcore::test
