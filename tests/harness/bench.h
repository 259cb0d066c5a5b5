#pragma once

#include "models/tlm/protocol_checker.h"

#include <gtest/gtest.h>
#include <memory>
#include <systemc>
#include <vector>

namespace vmcore::test {

/// A test bench: a module whose body() runs in an SC_THREAD, with GoogleTest's assertions at hand.
///
/// Derive from it, give it the models under test as members, bind their sockets with connect(), and write
/// the tests with SC_TEST. A test fails when its body fails, when the body does not come to its end, or when
/// a protocol checker saw a rule of the base protocol broken.
class bench : public sc_core::sc_module {
public:
    explicit bench(const sc_core::sc_module_name& name = "bench");

    /// Binds an initiator to a target with a base-protocol checker between them.
    template <typename INITIATOR, typename TARGET>
    void connect(INITIATOR& initiator, TARGET& target) {
        protocol_checker& checker = add_checker();
        initiator.bind(checker.target_socket);
        checker.initiator_socket.bind(target);
    }

    /// The socket of a new base-protocol checker bound to the target: for whatever binds by itself, such as
    /// bus::map.
    template <typename TARGET>
    tlm::tlm_target_socket<64>& checked(TARGET& target) {
        protocol_checker& checker = add_checker();
        checker.initiator_socket.bind(target);
        return checker.target_socket;
    }

    /// Whether this process may still elaborate and run a simulation; if not, fails the test and says why.
    static bool kernel_is_fresh();

    /// Starts the kernel and reports what went wrong. Once per process: SystemC's kernel is a singleton.
    void run();

protected:
    virtual void body() = 0;

private:
    protocol_checker& add_checker();
    void run_body();

    std::vector<std::unique_ptr<protocol_checker>> m_checkers;
    bool m_finished = false;
};

} // namespace vmcore::test

/// SC_TEST(bench_class, name) { body }: a GoogleTest whose body is a member function of a class derived from
/// bench_class and runs in an SC_THREAD.
#define SC_TEST(bench_class, name)                                                                           \
    struct bench_class##_##name final : bench_class {                                                        \
        void body() override;                                                                                \
    };                                                                                                       \
    TEST(bench_class, name) {                                                                                \
        if (!::vmcore::test::bench::kernel_is_fresh())                                                       \
            return;                                                                                          \
        bench_class##_##name test_bench;                                                                     \
        test_bench.run();                                                                                    \
    }                                                                                                        \
    void bench_class##_##name::body()
