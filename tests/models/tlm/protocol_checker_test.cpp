#include "tests/models/tlm/protocol_checker_bench.h"

namespace vmcore::test {
namespace {

using clauses_of = std::vector<std::string>;

SC_TEST(checker_bench, proper_traffic_passes_unchanged_and_is_counted) {
    for (const auto command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND, tlm::TLM_IGNORE_COMMAND}) {
        proper payload(command);
        payload.set_byte_enable_ptr(payload.enables);
        payload.set_byte_enable_length(2);
        target.on_transport = [](tlm::tlm_generic_payload& seen_payload, sc_core::sc_time& ahead) {
            sc_core::wait(ahead + sc_core::sc_time(3, sc_core::SC_NS));
            ahead = sc_core::SC_ZERO_TIME; // allowed: the time did pass
            if (seen_payload.is_read())
                seen_payload.get_data_ptr()[0] = 0x42;
            seen_payload.set_address(77); // an interconnect may
            seen_payload.set_dmi_allowed(true);
            seen_payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        };
        sc_core::sc_time ahead(5, sc_core::SC_NS);
        initiator.socket->b_transport(payload, ahead);
        EXPECT_EQ(payload.data[0], payload.is_read() ? 0x42 : 0);
        EXPECT_EQ(payload.get_response_status(), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
    proper nothing(tlm::TLM_IGNORE_COMMAND);
    nothing.set_data_ptr(nullptr);
    nothing.set_data_length(0);
    transport(nothing);
    tlm::tlm_dmi region;
    proper payload;
    EXPECT_FALSE(initiator.socket->get_direct_mem_ptr(payload, region));
    EXPECT_EQ(initiator.socket->transport_dbg(payload), 8u);
    target.socket->invalidate_direct_mem_ptr(0, ~uint64_t(0));
    EXPECT_EQ(initiator.invalidations, 1u);
    EXPECT_EQ(seen(), clauses_of());
    EXPECT_EQ(checker.violations(), 0u);
    EXPECT_EQ(checker.transactions(), 4u);
}

SC_TEST(checker_bench, names_the_clause_of_every_broken_request) {
    const struct {
        const char* clause;
        std::function<void(proper&)> broken;
    } requests[] = {
        {"14.8", [](proper& p) { p.set_gp_option(tlm::TLM_FULL_PAYLOAD); }},
        {"14.9", [](proper& p) { p.set_command(static_cast<tlm::tlm_command>(3)); }},
        {"14.11", [](proper& p) { p.set_data_ptr(nullptr); }},
        {"14.12", [](proper& p) { p.set_data_length(0); }},
        {"14.13",
         [](proper& p) {
             p.enables[1] = 0x01;
             p.set_byte_enable_ptr(p.enables);
             p.set_byte_enable_length(2);
         }},
        {"14.14",
         [](proper& p) {
             p.set_byte_enable_ptr(p.enables);
             p.set_byte_enable_length(0);
         }},
        {"14.15", [](proper& p) { p.set_streaming_width(0); }},
        {"14.16", [](proper& p) { p.set_dmi_allowed(true); }},
        {"14.17", [](proper& p) { p.set_response_status(tlm::TLM_OK_RESPONSE); }},
    };
    for (const auto& request : requests) {
        proper payload;
        request.broken(payload);
        EXPECT_EQ(transport(payload), clauses_of{request.clause});
    }
    EXPECT_EQ(checker.violations(), std::size(requests));
}

SC_TEST(checker_bench, names_the_clause_of_every_broken_answer) {
    static uint8_t elsewhere[8];
    const struct {
        const char* clause;
        std::function<void(tlm::tlm_generic_payload&)> broken;
    } answers[] = {
        {"14.7", [](tlm::tlm_generic_payload& p) { p.set_command(tlm::TLM_IGNORE_COMMAND); }},
        {"14.7", [](tlm::tlm_generic_payload& p) { p.set_data_ptr(elsewhere); }},
        {"14.7", [](tlm::tlm_generic_payload& p) { p.set_data_length(4); }},
        {"14.7", [](tlm::tlm_generic_payload& p) { p.set_streaming_width(4); }},
        {"14.7", [](tlm::tlm_generic_payload& p) { p.set_byte_enable_ptr(elsewhere); }},
        {"14.7", [](tlm::tlm_generic_payload& p) { p.set_byte_enable_length(1); }},
        {"14.7", [](tlm::tlm_generic_payload& p) { p.get_byte_enable_ptr()[1] = 0xff; }},
        {"14.7", [](tlm::tlm_generic_payload& p) { p.get_data_ptr()[3] ^= 1; }},
        {"14.8", [](tlm::tlm_generic_payload& p) { p.set_gp_option(tlm::TLM_FULL_PAYLOAD_ACCEPTED); }},
        {"14.17", [](tlm::tlm_generic_payload& p) { p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE); }},
    };
    for (const auto& answer : answers) {
        target.on_transport = [&](tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
            payload.set_response_status(tlm::TLM_OK_RESPONSE);
            answer.broken(payload);
        };
        proper payload(tlm::TLM_WRITE_COMMAND);
        payload.set_byte_enable_ptr(payload.enables);
        payload.set_byte_enable_length(2);
        EXPECT_EQ(transport(payload), clauses_of{answer.clause}) << "answer " << &answer - answers;
    }
}

SC_TEST(checker_bench, a_delay_taken_back_breaks_11_1_3_1) {
    target.on_transport = [](tlm::tlm_generic_payload& payload, sc_core::sc_time& ahead) {
        ahead = sc_core::SC_ZERO_TIME;
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
    };
    proper payload;
    sc_core::sc_time ahead(5, sc_core::SC_NS);
    initiator.socket->b_transport(payload, ahead);
    EXPECT_EQ(seen(), clauses_of{"11.1.3.1"});
}

struct silent_manager : tlm::tlm_mm_interface {
    void free(tlm::tlm_generic_payload*) override {}
};

SC_TEST(checker_bench, reference_counting_breaks_14_5) {
    silent_manager manager;
    proper unreferenced;
    unreferenced.set_mm(&manager);
    EXPECT_EQ(transport(unreferenced), clauses_of{"14.5"});
    target.on_transport = [&](tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
        payload.set_mm(&manager);
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
    };
    proper managed_on_the_way;
    EXPECT_EQ(transport(managed_on_the_way), clauses_of{"14.5"});
}

class method_bench : public checker_bench {
public:
    method_bench() {
        SC_HAS_PROCESS(method_bench);
        SC_METHOD(call);
        dont_initialize();
        sensitive << go;
    }

protected:
    sc_core::sc_event go;

private:
    void call() {
        proper payload;
        initiator.socket->b_transport(payload, delay);
    }
};

SC_TEST(method_bench, b_transport_from_a_method_process_breaks_11_1_1_4) {
    go.notify();
    sc_core::wait(sc_core::sc_time(1, sc_core::SC_NS));
    EXPECT_EQ(seen(), clauses_of{"11.1.1.4"});
}

SC_TEST(checker_bench, names_the_clause_of_every_broken_direct_memory_request) {
    const struct {
        const char* clause;
        std::function<void(proper&, tlm::tlm_dmi&)> broken;
    } requests[] = {
        {"11.2.4", [](proper& p, tlm::tlm_dmi&) { p.set_command(tlm::TLM_IGNORE_COMMAND); }},
        {"11.2.5", [](proper& p, tlm::tlm_dmi& d) { d.set_dmi_ptr(p.data); }},
        {"11.2.5", [](proper&, tlm::tlm_dmi& d) { d.allow_read(); }},
        {"11.2.5", [](proper&, tlm::tlm_dmi& d) { d.set_end_address(0xfff); }},
        {"11.2.5", [](proper&, tlm::tlm_dmi& d) { d.set_read_latency(sc_core::sc_time(1, sc_core::SC_NS)); }},
    };
    for (const auto& request : requests) {
        proper payload;
        tlm::tlm_dmi region;
        request.broken(payload, region);
        initiator.socket->get_direct_mem_ptr(payload, region);
        EXPECT_EQ(seen(), clauses_of{request.clause}) << "request " << &request - requests;
    }
}

SC_TEST(checker_bench, names_the_clause_of_every_broken_direct_memory_answer) {
    static uint8_t memory_bytes[0x100];
    const struct {
        const char* clause;
        std::function<void(tlm::tlm_generic_payload&, tlm::tlm_dmi&)> broken;
    } answers[] = {
        {nullptr, [](tlm::tlm_generic_payload&, tlm::tlm_dmi&) {}},
        {"14.7", [](tlm::tlm_generic_payload& p, tlm::tlm_dmi&) { p.set_command(tlm::TLM_READ_COMMAND); }},
        {"11.2.3", [](tlm::tlm_generic_payload&,
                      tlm::tlm_dmi&) { sc_core::wait(sc_core::sc_time(1, sc_core::SC_NS)); }},
        {"11.2.5", [](tlm::tlm_generic_payload&, tlm::tlm_dmi& d) { d.set_dmi_ptr(nullptr); }},
        {"11.2.5", [](tlm::tlm_generic_payload&, tlm::tlm_dmi& d) { d.allow_read(); }},
        {"11.2.5", [](tlm::tlm_generic_payload&, tlm::tlm_dmi& d) { d.set_start_address(0x41); }},
        {"11.2.5", [](tlm::tlm_generic_payload&, tlm::tlm_dmi& d) { d.set_end_address(0x3f); }},
        {"11.2.5",
         [](tlm::tlm_generic_payload&, tlm::tlm_dmi& d) {
             d.set_start_address(0x80);
             d.set_end_address(0x20);
         }},
    };
    for (const auto& answer : answers) {
        target.on_direct = [&](tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) {
            region.set_dmi_ptr(memory_bytes);
            region.set_start_address(0);
            region.set_end_address(0xff);
            region.allow_read_write();
            answer.broken(payload, region);
            return true;
        };
        proper payload(tlm::TLM_WRITE_COMMAND);
        payload.set_address(0x40);
        tlm::tlm_dmi region;
        EXPECT_TRUE(initiator.socket->get_direct_mem_ptr(payload, region));
        EXPECT_EQ(seen(), answer.clause ? clauses_of{answer.clause} : clauses_of())
            << "answer " << &answer - answers;
    }
}

SC_TEST(checker_bench, a_refused_region_must_contain_the_address_too) {
    target.on_direct = [](tlm::tlm_generic_payload&, tlm::tlm_dmi& region) {
        region.set_start_address(0x100);
        return false;
    };
    proper payload;
    tlm::tlm_dmi region;
    initiator.socket->get_direct_mem_ptr(payload, region);
    EXPECT_EQ(seen(), clauses_of{"11.2.5"});
}

SC_TEST(checker_bench, backward_ranges_break_11_2_6) {
    target.socket->invalidate_direct_mem_ptr(2, 1);
    EXPECT_EQ(seen(), clauses_of{"11.2.6"});
    EXPECT_EQ(initiator.invalidations, 1u) << "passed on as it is";
}

SC_TEST(checker_bench, names_the_clause_of_broken_debug_transport) {
    proper payload(tlm::TLM_WRITE_COMMAND);
    payload.set_data_ptr(nullptr);
    initiator.socket->transport_dbg(payload);
    EXPECT_EQ(seen(), clauses_of{"11.3.4"});
    payload.set_data_length(0);
    initiator.socket->transport_dbg(payload);
    EXPECT_EQ(seen(), clauses_of()) << "an empty debug access needs no data";

    proper complete(tlm::TLM_WRITE_COMMAND);
    target.on_debug = [](tlm::tlm_generic_payload& p) { return p.get_data_length() + 1; };
    initiator.socket->transport_dbg(complete);
    EXPECT_EQ(seen(), clauses_of{"11.3.4"});
    target.on_debug = [](tlm::tlm_generic_payload&) {
        sc_core::wait(sc_core::SC_ZERO_TIME);
        return 0u;
    };
    initiator.socket->transport_dbg(complete);
    EXPECT_EQ(seen(), clauses_of{"11.3.4"});
    target.on_debug = [](tlm::tlm_generic_payload& p) {
        p.set_data_length(3);
        return 3u;
    };
    initiator.socket->transport_dbg(complete);
    EXPECT_EQ(seen(), clauses_of{"14.7"});
}

/// Without a listener a violation is an error report.
class reporting_bench : public bench {
public:
    reporting_bench() {
        initiator.socket.bind(checker.target_socket);
        checker.initiator_socket.bind(target.socket);
    }

protected:
    script_initiator initiator{"initiator"};
    protocol_checker checker{"checker"};
    script_target target{"target"};
};

SC_TEST(reporting_bench, violation_is_an_error_report_with_clause_and_checker) {
    proper payload;
    payload.set_streaming_width(0);
    sc_core::sc_time delay;
    try {
        initiator.socket->b_transport(payload, delay);
        FAIL() << "no report";
    } catch (const sc_core::sc_report& report) {
        EXPECT_STREQ(report.get_msg_type(), "/vmcore/tlm/base_protocol");
        EXPECT_STREQ(report.get_msg(), "checker: IEEE 1666-2011 clause 14.15: the streaming width is 0");
    }
}

} // namespace
} // namespace vmcore::test
