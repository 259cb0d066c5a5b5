#pragma once

#include "models/tlm/endian.h"

#include <functional>
#include <systemc>
#include <tlm>
#include <vector>

namespace vmcore {

/// Sets of access sizes: the value of a bit is the size in bytes that it stands for.
enum access_sizes : unsigned {
    size_none = 0,
    size_1 = 1,
    size_2 = 2,
    size_4 = 4,
    size_8 = 8,
    size_any = size_1 | size_2 | size_4 | size_8
};

constexpr access_sizes operator|(access_sizes a, access_sizes b) {
    return static_cast<access_sizes>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

/// Where a register lies and how it may be accessed. Every access must be naturally aligned; in a register
/// with parts that counts from the register's start, so that one of 8 bytes may lie at any multiple of 4.
struct register_layout {
    uint64_t offset;                       ///< bytes from the start of the peripheral
    unsigned width;                        ///< bytes: 1, 2, 4 or 8
    byte_order order = byte_order::little; ///< order of the register's bytes on the bus
    access_sizes read_sizes = size_none;   ///< sizes accepted by reads; none stands for the width alone
    access_sizes write_sizes = size_none;  ///< sizes accepted by writes; none stands for the width alone
    bool parts = false;                    ///< accesses may begin inside the register
    unsigned count = 1;                    ///< an array of equal registers, one behind the other
};

/// One access to a register, as its handler sees it.
struct register_access {
    unsigned index;          ///< element of a register array
    unsigned offset;         ///< bytes from the start of the register; 0 unless its layout allows parts
    unsigned size;           ///< bytes
    sc_core::sc_time& delay; ///< local time of the initiator ahead of sc_time_stamp(); only ever add to it
};

class reg;

/// The registers of a peripheral. Turns TLM-2.0 transactions into calls of the registers' handlers:
///  - TLM_ADDRESS_ERROR_RESPONSE: no register there, misaligned, or inside a register without parts;
///  - TLM_BURST_ERROR_RESPONSE: a size that the register does not accept, or a streaming width below the
///  length;
///  - TLM_COMMAND_ERROR_RESPONSE: the register has no handler for that command;
///  - TLM_BYTE_ENABLE_ERROR_RESPONSE: byte enables, which registers do not support.
/// A refused access has no side effect. (IEEE 1666-2011, clause 14.)
class register_bank {
public:
    /// From now on a naturally aligned access of twice that many bytes is two, one behind the other, if both
    /// are accepted. Without this, no access reaches more than one register.
    /// @param bytes 1, 2 or 4
    void split_accesses_of_twice(unsigned bytes) { m_split = 2 * bytes; }

    void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

    /// Reads without side effects, through the registers' peek handlers. Returns the bytes read: the length,
    /// 0 where a register cannot be peeked, half where the second one of two cannot. Registers are not
    /// written this way.
    unsigned debug(tlm::tlm_generic_payload& payload);

private:
    friend class reg;
    struct location {
        reg* target;
        unsigned index;
        unsigned offset;
    };
    /// @throws std::logic_error when two registers overlap, and for widths and counts that make no register
    void add(reg& added);
    tlm::tlm_response_status find(const tlm::tlm_generic_payload& payload, location& found) const;
    bool is_split(const tlm::tlm_generic_payload& payload) const;
    void access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

    std::vector<reg*> m_registers;
    unsigned m_split = 0; ///< bytes of an access that is two; 0: none is
};

/// A register, declared as a member of its peripheral: name, layout and handlers in one place. A missing
/// handler makes the register write-only or read-only. Values are numbers in the layout's byte order; a write
/// handler gets a value as wide as the access.
class reg {
public:
    using read_handler = std::function<uint64_t(const register_access&)>;
    using write_handler = std::function<void(const register_access&, uint64_t value)>;

    /// @param peek what a debugger reads: like the read handler, but without side effects
    reg(register_bank& bank, const char* name, const register_layout& layout, read_handler read,
        write_handler write, read_handler peek = {});
    reg(const reg&) = delete;
    reg& operator=(const reg&) = delete;

    const char* name() const { return m_name; }

private:
    friend class register_bank;
    uint64_t end() const { return m_layout.offset + uint64_t(m_layout.width) * m_layout.count; }

    const char* m_name;
    register_layout m_layout;
    read_handler m_read;
    write_handler m_write;
    read_handler m_peek;
};

/// A member function as a register handler: on(this, &uart::read_lsr).
template <typename OWNER, typename BASE, typename RESULT, typename... ARGS>
auto on(OWNER* owner, RESULT (BASE::*handler)(ARGS...)) {
    return [owner, handler](ARGS... args) -> RESULT { return (owner->*handler)(args...); };
}

template <typename OWNER, typename BASE, typename RESULT, typename... ARGS>
auto on(OWNER* owner, RESULT (BASE::*handler)(ARGS...) const) {
    return [owner, handler](ARGS... args) -> RESULT { return (owner->*handler)(args...); };
}

} // namespace vmcore
