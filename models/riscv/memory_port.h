#pragma once

#include "models/riscv/environment.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace vmcore::riscv {

/// The core's way to physical memory: by granted regions of any shape and latency, and where there are none
/// by transactions on the bus.
///
/// An access that no single region holds, and any access to a device, is split the way QEMU splits it: each
/// piece is the largest power of two that both the address and the bytes left are multiples of. A piece that
/// is refused gives the fault its address; the pieces before it have happened.
class memory_port {
public:
    memory_port(environment& world, bool use_direct);

    struct result {
        outcome answer;
        uint64_t fault_address; ///< when refused
        bool device;            ///< some piece went where no direct access is granted at all
    };
    /// Any access, through whatever serves it; adds to the local time.
    result read(uint64_t address, uint8_t* data, unsigned size, uint64_t& local_time);
    result write(uint64_t address, const uint8_t* data, unsigned size, uint64_t& local_time);

    /// One parcel of an instruction.
    outcome fetch(uint64_t address, uint16_t& parcel, uint64_t& local_time);

    /// Where the page at this address is in host memory, when direct access without latency serves all of it.
    uint8_t* host_page(access kind, uint64_t address, uint64_t page_size);

    /// Whether no direct access is granted at this address.
    bool is_device(uint64_t address);

    /// Forgets what is known of [first, last].
    void invalidate(uint64_t first, uint64_t last);
    /// Forgets that direct access was refused at this address.
    void reconsider(access kind, uint64_t address);

private:
    static constexpr unsigned max_regions = 64;

    struct region_list {
        std::vector<region> known;
        unsigned recent = 0; ///< hit last
        unsigned victim = 0; ///< replaced next when full
    };

    const region& find(access kind, uint64_t address);
    result move(access kind, uint64_t address, uint8_t* data, unsigned size, uint64_t& local_time);
    outcome move_piece(access kind, uint64_t address, uint8_t* data, unsigned size, uint64_t& local_time);
    environment& m_world;
    bool m_use_direct;
    std::array<region_list, 3> m_regions; ///< by access
};

} // namespace vmcore::riscv
