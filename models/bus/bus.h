#pragma once

#include <cstdint>
#include <string>
#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <vector>

namespace vmcore {

/// A memory-mapped bus: any number of initiators, targets at address ranges.
///
/// Decoding happens on the first and last byte of an access; an access to an unmapped address, or one that
/// leaves the range it starts in, is TLM_ADDRESS_ERROR_RESPONSE. (An initiator that attached an
/// unmapped_extension learns how far the gap reaches.) Targets see addresses relative to their range plus its
/// offset; the payload's address is restored on return. DMI regions are translated, clipped to the range and
/// inclusive of their end; invalidations go to every initiator. Only blocking transport, DMI and debug
/// transport pass; a debug access is cut at the end of the range.
class bus : public sc_core::sc_module {
public:
    struct config {
        sc_core::sc_time latency; ///< per transaction; DMI regions carry it per word
    };

    struct mapping {
        std::string name;
        uint64_t base;   ///< first address
        uint64_t size;   ///< bytes
        uint64_t offset; ///< address in the target that base stands for
    };

    /// Initiators bind here, or nobody does.
    tlm_utils::multi_passthrough_target_socket<bus, 64, tlm::tlm_base_protocol_types, 0,
                                               sc_core::SC_ZERO_OR_MORE_BOUND>
        target_socket{"target_socket"};

    explicit bus(const sc_core::sc_module_name& name, const config& settings);
    explicit bus(const sc_core::sc_module_name& name)
        : bus(name, config()) {}

    /// Maps a target at [base, base + size). Overlaps are reported when elaboration ends, all of them in one
    /// SC_ERROR with id /vmcore/bus/overlap.
    /// @throws std::invalid_argument when the size is 0, or the range passes 2^64 on the bus or in the target
    template <typename TARGET>
    void map(const std::string& name, uint64_t base, uint64_t size, TARGET& target, uint64_t offset = 0) {
        add_mapping({name, base, size, offset}, m_ports);
        m_initiator_socket.bind(target);
        ++m_ports;
    }

    /// Maps one more range of a target that map() has mapped: the same bytes at another address, or another
    /// part of them.
    /// @param target the name that map() was given
    /// @throws std::invalid_argument as map() does, and when there is no such target
    void alias(const std::string& target, const std::string& name, uint64_t base, uint64_t size,
               uint64_t offset);

    /// In address order.
    std::vector<mapping> mappings() const;

    /// The end of the gap of unmapped addresses around `address`, inclusive; `address` must be unmapped.
    uint64_t gap_end(uint64_t address) const;

private:
    struct decoded {
        mapping range;
        int port; ///< index of the initiator socket's binding
        uint64_t last() const { return range.base + (range.size - 1); }
    };

    void add_mapping(mapping added, int port);
    void end_of_elaboration() override;
    const decoded* decode(uint64_t address) const;
    const decoded* decode(uint64_t address, uint64_t length) const;

    void b_transport(int initiator, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    bool get_direct_mem_ptr(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region);
    unsigned transport_dbg(int initiator, tlm::tlm_generic_payload& payload);
    void invalidate(int port, sc_dt::uint64 start, sc_dt::uint64 end);

    tlm_utils::multi_passthrough_initiator_socket<bus, 64> m_initiator_socket{"initiator_socket"};
    config m_config;
    std::vector<decoded> m_map;
    int m_ports = 0; ///< bindings of the initiator socket
    mutable size_t m_last_hit = 0;
};

} // namespace vmcore
