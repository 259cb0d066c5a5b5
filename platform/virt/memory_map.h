#pragma once

#include <cstdint>

/// The memory map of qemu-system-riscv64 -M virt, as far as this board goes. Addresses and sizes in bytes.
namespace vmcore::virt {

struct region {
    uint64_t base;
    uint64_t size;
};

namespace regions {
constexpr region mask_rom{0x1000, 0xf000};
constexpr region test{0x100000, 0x1000};
constexpr region rtc{0x101000, 0x1000};
constexpr region clint{0x2000000, 0x10000};
constexpr region platform_bus{0x4000000, 0x2000000}; ///< of devices that -device adds
constexpr region plic{0xc000000, 0x600000};
constexpr region uart0{0x10000000, 0x100};
constexpr region virtio{0x10001000, 0x1000}; ///< the first of virtio_slots, one behind the other
constexpr region fw_cfg{0x10100000, 0x18};
} // namespace regions

/// Sources of the PLIC.
namespace irqs {
constexpr unsigned virtio = 1; ///< the first of virtio_slots
constexpr unsigned uart0 = 10;
constexpr unsigned rtc = 11;
constexpr unsigned last = 95;
} // namespace irqs

constexpr unsigned virtio_slots = 8;

constexpr uint64_t ram_base = 0x80000000;

constexpr uint64_t timebase_hz = 10000000;
constexpr uint32_t uart_clock_hz = 3686400;
constexpr unsigned max_harts = 8;

} // namespace vmcore::virt
