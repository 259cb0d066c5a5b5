#pragma once

#include "models/riscv/debug_unit.h"
#include "models/riscv/environment.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace vmcore::riscv {

/// The core's way to memory, in three steps from fast to slow:
///
/// 1. load_host/store_host: one compare in a direct-mapped table of host pointers, one entry per 4 KiB page.
///    Holds pages that lie wholly in a granted region without latency. Inlined into the interpreter.
/// 2. read_direct/write_direct: granted regions of any shape and latency, and misaligned accesses in them.
/// 3. transport: the bus, in naturally aligned pieces.
///
/// An access that no single region holds, and any access to a device, is split the way QEMU splits it: each
/// piece is the largest power of two that both the address and the bytes left are multiples of. A piece that
/// is refused gives the fault its address; the pieces before it have happened.
class memory_port {
public:
    static constexpr uint64_t page_size = 4096;

    /// @param watched has the pages that host pointers must not serve; must outlive the port
    memory_port(environment& world, bool use_direct, const debug_unit& watched);

    template <typename T>
    const uint8_t* load_host(uint64_t address) const {
        const entry& slot = m_loads[address / page_size % slots];
        return (address & (~(page_size - 1) | (sizeof(T) - 1))) == slot.page ? slot.host + address % page_size
                                                                             : nullptr;
    }
    template <typename T>
    uint8_t* store_host(uint64_t address) const {
        const entry& slot = m_stores[address / page_size % slots];
        return (address & (~(page_size - 1) | (sizeof(T) - 1))) == slot.page ? slot.host + address % page_size
                                                                             : nullptr;
    }

    /// Moves the bytes when a region without latency holds all of them, and remembers the page.
    bool read_direct(uint64_t address, uint8_t* data, unsigned size);
    bool write_direct(uint64_t address, const uint8_t* data, unsigned size);

    struct result {
        outcome answer;
        uint64_t fault_address; ///< when refused
        bool device;            ///< some piece went where no direct access is granted at all
    };
    /// Any access, through whatever serves it; adds to the local time.
    result read(uint64_t address, uint8_t* data, unsigned size, uint64_t& local_time);
    result write(uint64_t address, const uint8_t* data, unsigned size, uint64_t& local_time);

    /// One parcel of an instruction, by transaction.
    outcome fetch(uint64_t address, uint16_t& parcel, uint64_t& local_time);
    /// The region to fetch from, or nullptr when fetches must go through the bus. Valid until the next call.
    const region* fetch_region(uint64_t address);

    /// Forgets what is known of [first, last].
    void invalidate(uint64_t first, uint64_t last);
    /// Forgets all host pointers of single pages.
    void forget_pages();
    /// Forgets that direct access was refused at this address.
    void reconsider(access kind, uint64_t address);

private:
    static constexpr unsigned slots = 512;
    static constexpr unsigned max_regions = 64;

    static constexpr uint64_t none = 8; ///< no look-up compares equal: a misaligned one neither

    struct entry {
        /// Address of the page. A look-up compares it with an address that has lost bits 3 to 11.
        uint64_t page = none;
        uint8_t* host = nullptr;
    };
    struct region_list {
        std::vector<region> known;
        unsigned recent = 0; ///< hit last
        unsigned victim = 0; ///< replaced next when full
    };

    const region& find(access kind, uint64_t address);
    void remember(std::array<entry, slots>& table, const region& in, uint64_t address);
    result move(access kind, uint64_t address, uint8_t* data, unsigned size, uint64_t& local_time);
    outcome move_piece(access kind, uint64_t address, uint8_t* data, unsigned size, uint64_t& local_time);
    bool is_device(uint64_t address);

    environment& m_world;
    bool m_use_direct;
    const debug_unit& m_watched;
    std::array<entry, slots> m_loads{};
    std::array<entry, slots> m_stores{};
    std::array<region_list, 3> m_regions; ///< by access
};

} // namespace vmcore::riscv
