#pragma once

#include "models/riscv/arithmetic.h"
#include "models/riscv/bit_manipulation.h"
#include "models/riscv/op.h"

namespace vmcore::riscv {

enum class kind : uint8_t { computation, load, store, branch, jump };

/// What the lists of opcodes.h say of an operation that the interpreter's loop does, for templates.
template <opcode CODE>
struct operation {
    static constexpr kind what = kind::jump;
};

#define VMCORE_COMPUTATION(name, expression)                                                                 \
    template <>                                                                                              \
    struct operation<opcode::name> {                                                                         \
        static constexpr kind what = kind::computation;                                                      \
        static uint64_t value([[maybe_unused]] uint64_t a, [[maybe_unused]] uint64_t b,                      \
                              [[maybe_unused]] uint64_t i) {                                                 \
            return expression;                                                                               \
        }                                                                                                    \
    };
#define VMCORE_LOAD(name, data)                                                                              \
    template <>                                                                                              \
    struct operation<opcode::name> {                                                                         \
        static constexpr kind what = kind::load;                                                             \
        using type = data;                                                                                   \
    };
#define VMCORE_STORE(name, data)                                                                             \
    template <>                                                                                              \
    struct operation<opcode::name> {                                                                         \
        static constexpr kind what = kind::store;                                                            \
        using type = data;                                                                                   \
    };
#define VMCORE_BRANCH(name, condition)                                                                       \
    template <>                                                                                              \
    struct operation<opcode::name> {                                                                         \
        static constexpr kind what = kind::branch;                                                           \
        static bool decide(uint64_t a, uint64_t b) { return condition; }                                     \
    };
VMCORE_RISCV_COMPUTATIONS(VMCORE_COMPUTATION)
VMCORE_RISCV_LOADS(VMCORE_LOAD)
VMCORE_RISCV_STORES(VMCORE_STORE)
VMCORE_RISCV_BRANCHES(VMCORE_BRANCH)
#undef VMCORE_COMPUTATION
#undef VMCORE_LOAD
#undef VMCORE_STORE
#undef VMCORE_BRANCH

template <opcode CODE>
bool decide([[maybe_unused]] uint64_t a, [[maybe_unused]] uint64_t b) {
    if constexpr (operation<CODE>::what == kind::branch)
        return operation<CODE>::decide(a, b);
    else
        return false;
}

} // namespace vmcore::riscv
