#include "tests/models/tlm/protocol_checker_bench.h"

namespace vmcore::test {
namespace {

using clauses_of = std::vector<std::string>;

struct silent_manager : tlm::tlm_mm_interface {
    void free(tlm::tlm_generic_payload*) override {}
};

class phases_bench : public checker_bench {
protected:
    /// A payload that may be sent by nb_transport.
    struct managed : proper {
        explicit managed(tlm::tlm_mm_interface& manager) {
            set_mm(&manager);
            acquire();
        }
    };

    silent_manager manager;
    managed first{manager};
    managed second{manager};

    clause_list forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase, double ns = 0) {
        sc_core::sc_time ahead(ns, sc_core::SC_NS);
        initiator.socket->nb_transport_fw(payload, phase, ahead);
        return seen();
    }
    clause_list backward(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase, double ns = 0) {
        sc_core::sc_time ahead(ns, sc_core::SC_NS);
        if (phase == tlm::BEGIN_RESP)
            payload.set_response_status(tlm::TLM_OK_RESPONSE);
        target.socket->nb_transport_bw(payload, phase, ahead);
        return seen();
    }
    /// The target answers the next forward call with this.
    void answer_forward(tlm::tlm_sync_enum answer, tlm::tlm_phase new_phase, double ns = 0) {
        target.on_forward = [=](tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                sc_core::sc_time& ahead) {
            if (answer == tlm::TLM_UPDATED)
                phase = new_phase;
            if (answer == tlm::TLM_COMPLETED || new_phase == tlm::BEGIN_RESP)
                payload.set_response_status(tlm::TLM_OK_RESPONSE);
            ahead += sc_core::sc_time(ns, sc_core::SC_NS);
            return answer;
        };
    }
    static void renew(tlm::tlm_generic_payload& payload) {
        payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    }
};

SC_TEST(phases_bench, four_phases_of_overlapping_transactions_pass) {
    for (int round = 0; round < 3; ++round) {
        renew(first);
        renew(second);
        EXPECT_EQ(forward(first, tlm::BEGIN_REQ, 1), clauses_of());
        EXPECT_EQ(backward(first, tlm::END_REQ, 2), clauses_of());
        EXPECT_EQ(forward(second, tlm::BEGIN_REQ, 3), clauses_of());
        EXPECT_EQ(backward(first, tlm::BEGIN_RESP, 3), clauses_of());
        EXPECT_EQ(forward(first, tlm::END_RESP, 4), clauses_of());
        EXPECT_EQ(backward(second, tlm::BEGIN_RESP, 5), clauses_of()) << "BEGIN_RESP implies END_REQ";
        EXPECT_EQ(forward(second, tlm::END_RESP, 6), clauses_of());
    }
    EXPECT_EQ(checker.transactions(), 12u);
}

SC_TEST(phases_bench, answers_by_return_pass) {
    answer_forward(tlm::TLM_UPDATED, tlm::END_REQ, 1);
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of());
    initiator.on_backward = [](tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_core::sc_time&) {
        phase = tlm::END_RESP;
        return tlm::TLM_UPDATED;
    };
    EXPECT_EQ(backward(first, tlm::BEGIN_RESP, 2), clauses_of());
    renew(first);
    answer_forward(tlm::TLM_UPDATED, tlm::BEGIN_RESP);
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of());
    answer_forward(tlm::TLM_COMPLETED, tlm::END_RESP);
    EXPECT_EQ(forward(first, tlm::END_RESP), clauses_of());
    renew(first);
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of()) << "completed at once";
    renew(first);
    answer_forward(tlm::TLM_ACCEPTED, tlm::BEGIN_REQ);
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of());
    initiator.on_backward = [](tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) {
        return tlm::TLM_COMPLETED;
    };
    EXPECT_EQ(backward(first, tlm::BEGIN_RESP), clauses_of());
    renew(first);
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of());
}

SC_TEST(phases_bench, phases_in_the_wrong_direction_break_15_2_3) {
    EXPECT_EQ(forward(first, tlm::END_REQ), clauses_of{"15.2.3"});
    EXPECT_EQ(forward(first, tlm::BEGIN_RESP), clauses_of{"15.2.3"});
    EXPECT_EQ(forward(first, tlm::UNINITIALIZED_PHASE), clauses_of{"15.2.3"});
    EXPECT_EQ(backward(first, tlm::BEGIN_REQ), clauses_of{"15.2.3"});
    EXPECT_EQ(backward(first, tlm::END_RESP), clauses_of{"15.2.3"});
    answer_forward(tlm::TLM_UPDATED, tlm::BEGIN_REQ);
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of{"15.2.3"});
}

DECLARE_EXTENDED_PHASE(ignorable_phase);

SC_TEST(phases_bench, ignorable_phases_pass_both_ways) {
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of());
    EXPECT_EQ(forward(first, ignorable_phase), clauses_of());
    EXPECT_EQ(backward(first, ignorable_phase), clauses_of());
    EXPECT_EQ(backward(first, tlm::BEGIN_RESP), clauses_of());
}

SC_TEST(phases_bench, phases_out_of_order_break_15_2_4) {
    EXPECT_EQ(forward(first, tlm::END_RESP), clauses_of{"15.2.4"});
    EXPECT_EQ(backward(first, tlm::END_REQ), clauses_of{"15.2.4"});
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of());
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of{"15.2.4"});
    EXPECT_EQ(backward(first, tlm::END_REQ), clauses_of());
    EXPECT_EQ(backward(first, tlm::END_REQ), clauses_of{"15.2.4"});
    EXPECT_EQ(backward(first, tlm::BEGIN_RESP), clauses_of());
    EXPECT_EQ(backward(first, tlm::BEGIN_RESP), clauses_of{"15.2.4"});
    EXPECT_EQ(forward(first, tlm::END_RESP), clauses_of());
    EXPECT_EQ(backward(second, tlm::BEGIN_RESP), clauses_of{"15.2.4"});
}

SC_TEST(phases_bench, second_request_or_response_breaks_15_2_6) {
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of());
    EXPECT_EQ(forward(second, tlm::BEGIN_REQ), clauses_of{"15.2.6"});
    EXPECT_EQ(backward(first, tlm::BEGIN_RESP), clauses_of());
    EXPECT_EQ(backward(second, tlm::BEGIN_RESP), clauses_of{"15.2.6"});
}

SC_TEST(phases_bench, steps_back_in_time_break_15_2_7) {
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ, 10), clauses_of());
    EXPECT_EQ(backward(first, tlm::END_REQ, 9), clauses_of{"15.2.7"});
    sc_core::wait(sc_core::sc_time(5, sc_core::SC_NS));
    EXPECT_EQ(backward(first, tlm::BEGIN_RESP, 5), clauses_of()) << "5 ns later and 5 ns ahead";
    answer_forward(tlm::TLM_ACCEPTED, tlm::END_RESP);
    EXPECT_EQ(forward(first, tlm::END_RESP, 4), clauses_of{"15.2.7"});
    answer_forward(tlm::TLM_UPDATED, tlm::END_REQ, -3);
    EXPECT_EQ(forward(second, tlm::BEGIN_REQ, 5), clauses_of{"15.2.7"});
}

SC_TEST(phases_bench, mixing_both_transports_breaks_15_2_10) {
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of());
    EXPECT_EQ(transport(first), clauses_of{"15.2.10"});
}

SC_TEST(phases_bench, requests_are_checked_as_those_of_b_transport) {
    first.set_dmi_allowed(true);
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of{"14.16"});
    proper unmanaged;
    EXPECT_EQ(backward(first, tlm::END_REQ), clauses_of());
    EXPECT_EQ(forward(unmanaged, tlm::BEGIN_REQ), clauses_of{"14.5"});
}

SC_TEST(phases_bench, attributes_are_kept_for_the_whole_transaction) {
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of());
    first.set_streaming_width(4);
    EXPECT_EQ(backward(first, tlm::END_REQ), clauses_of{"14.7"});
}

SC_TEST(phases_bench, responses_without_a_status_break_14_17) {
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of());
    sc_core::sc_time ahead;
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    target.socket->nb_transport_bw(first, phase, ahead);
    EXPECT_EQ(seen(), clauses_of{"14.17"});
    target.on_forward = [](tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) {
        return tlm::TLM_COMPLETED;
    };
    EXPECT_EQ(forward(second, tlm::BEGIN_REQ), clauses_of{"14.17"});
}

SC_TEST(phases_bench, waiting_in_a_non_blocking_call_breaks_11_1_2_4) {
    target.on_forward = [](tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) {
        sc_core::wait(sc_core::SC_ZERO_TIME);
        return tlm::TLM_ACCEPTED;
    };
    EXPECT_EQ(forward(first, tlm::BEGIN_REQ), clauses_of{"11.1.2.4"});
    initiator.on_backward = [](tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) {
        sc_core::wait(sc_core::sc_time(1, sc_core::SC_NS));
        return tlm::TLM_ACCEPTED;
    };
    EXPECT_EQ(backward(first, tlm::END_REQ), clauses_of{"11.1.2.4"});
}

SC_TEST(phases_bench, transactions_may_end_and_go_back_to_their_pool_inside_a_call) {
    struct pool : tlm::tlm_mm_interface {
        unsigned freed = 0;
        void free(tlm::tlm_generic_payload* payload) override {
            ++freed;
            delete static_cast<proper*>(payload);
        }
    } heap;
    auto* payload = new proper;
    payload->set_mm(&heap);
    payload->acquire();
    EXPECT_EQ(forward(*payload, tlm::BEGIN_REQ), clauses_of());
    initiator.on_backward = [&](tlm::tlm_generic_payload& done, tlm::tlm_phase&, sc_core::sc_time&) {
        done.release();
        return tlm::TLM_COMPLETED;
    };
    EXPECT_EQ(backward(*payload, tlm::BEGIN_RESP), clauses_of());
    EXPECT_EQ(heap.freed, 1u);
}

} // namespace
} // namespace vmcore::test
