#pragma once

#include <cstdint>

namespace vmcore::riscv {

enum class privilege : uint8_t { user = 0, supervisor = 1, machine = 3 };

/// Bits of mstatus (privileged ISA, 3.1.6), of which sstatus shows some.
namespace mstatus {
constexpr uint64_t sie = uint64_t(1) << 1;
constexpr uint64_t mie = uint64_t(1) << 3;
constexpr uint64_t spie = uint64_t(1) << 5;
constexpr uint64_t mpie = uint64_t(1) << 7;
constexpr uint64_t spp = uint64_t(1) << 8;
constexpr uint64_t mpp = uint64_t(3) << 11;
constexpr uint64_t fs = uint64_t(3) << 13;
constexpr uint64_t mprv = uint64_t(1) << 17;
constexpr uint64_t sum = uint64_t(1) << 18;
constexpr uint64_t mxr = uint64_t(1) << 19;
constexpr uint64_t tvm = uint64_t(1) << 20;
constexpr uint64_t tw = uint64_t(1) << 21;
constexpr uint64_t tsr = uint64_t(1) << 22;
constexpr uint64_t uxl = uint64_t(3) << 32;
constexpr uint64_t sxl = uint64_t(3) << 34;
constexpr uint64_t sd = uint64_t(1) << 63;
} // namespace mstatus

/// Bits of menvcfg and senvcfg.
namespace envcfg {
constexpr uint64_t cbie = uint64_t(3) << 4;
constexpr uint64_t cbcfe = uint64_t(1) << 6;
constexpr uint64_t cbze = uint64_t(1) << 7;
constexpr uint64_t adue = uint64_t(1) << 61;
constexpr uint64_t stce = uint64_t(1) << 63;
} // namespace envcfg

/// Exception codes of mcause and scause.
enum class cause : uint8_t {
    fetch_misaligned = 0,
    fetch_access = 1,
    illegal_instruction = 2,
    breakpoint = 3,
    load_misaligned = 4,
    load_access = 5,
    amo_misaligned = 6,
    store_access = 7,
    user_call = 8,
    supervisor_call = 9,
    machine_call = 11,
    fetch_page = 12,
    load_page = 13,
    store_page = 15,
};

/// Interrupt numbers: bits of mip and mie.
constexpr unsigned machine_software = 3;
constexpr unsigned supervisor_timer = 5;
constexpr unsigned machine_timer = 7;
constexpr unsigned supervisor_external = 9;
constexpr unsigned machine_external = 11;

} // namespace vmcore::riscv
