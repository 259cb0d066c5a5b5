#pragma once

#include "models/riscv/environment.h"
#include "models/riscv/privilege.h"

#include <array>
#include <cstdint>

namespace vmcore::riscv {

/// Physical memory protection (privileged ISA, 3.7): 16 regions with a grain of 4 bytes. As in QEMU, the
/// registers keep whatever is written.
class pmp {
public:
    static constexpr unsigned regions = 16;

    /// @param present whether the hart has it; else every access passes
    explicit pmp(bool present)
        : m_present(present) {
        reset();
    }

    void reset();

    /// pmpcfg0 and pmpcfg2, by their distance from pmpcfg0; each holds the configuration of 8 regions. Bytes
    /// of locked regions keep what they have.
    uint64_t config(unsigned number) const;
    void set_config(unsigned number, uint64_t value);
    uint64_t address(unsigned region) const { return m_address[region]; }
    void set_address(unsigned region, uint64_t value);

    /// Whether [first, last] may be accessed in this way and mode. As in QEMU, a region matches by the first
    /// and the last byte: one that lies between them does not count, and one that has only one of them
    /// refuses.
    bool permits(access kind, uint64_t first, uint64_t last, privilege mode) const;
    /// Whether any access inside [first, last] gets the same answer.
    bool is_uniform(uint64_t first, uint64_t last) const;
    /// Whether modes below M may access nothing at all, because no region is in use.
    bool denies_all() const { return m_present && m_in_use == 0; }

private:
    enum matching : uint8_t { off = 0, tor = 1, na4 = 2, napot = 3 };
    static constexpr uint8_t locked = 0x80;

    struct range {
        uint64_t first = 1;
        uint64_t last = 0; ///< less than `first`: matches nothing

        bool contains(uint64_t address) const { return address >= first && address <= last; }
    };

    static matching mode_of(uint8_t config) { return static_cast<matching>(config >> 3 & 3); }
    bool is_locked(unsigned region) const { return (m_config[region] & locked) != 0; }
    void update();

    bool m_present;
    std::array<uint8_t, regions> m_config{};
    std::array<uint64_t, regions> m_address{}; ///< bits 55:2 of the physical address
    std::array<range, regions> m_range;
    unsigned m_in_use = 0; ///< regions up to the last that matches anything
};

} // namespace vmcore::riscv
