#pragma once

#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

namespace vmcore {

/// RAM or ROM of any size up to host address space. Host pages appear on first touch, so a 64 GiB memory
/// costs what the guest touches of it.
///
/// Honours byte enables and streaming widths. Grants DMI over its whole size: read and write for RAM, read
/// for ROM. A guest's write to ROM is TLM_COMMAND_ERROR_RESPONSE; debug transport may write ROM, as a loader
/// does. An access that leaves the memory is TLM_ADDRESS_ERROR_RESPONSE and moves nothing; the impossible
/// streaming width 0 is TLM_BURST_ERROR_RESPONSE, byte enables of length 0 TLM_BYTE_ENABLE_ERROR_RESPONSE.
class memory : public sc_core::sc_module {
public:
    struct config {
        uint64_t size = 0;              ///< bytes
        bool read_only = false;         ///< ROM
        sc_core::sc_time read_latency;  ///< per 8-byte bus word that an access touches; DMI reports the same
        sc_core::sc_time write_latency; ///< likewise
        bool huge_pages = false; ///< host pages of 2 MiB: less to copy in a fork, more memory per touch
    };

    tlm_utils::simple_target_socket<memory, 64> socket{"socket"};

    /// @throws std::runtime_error when the size is 0 or the host refuses the mapping
    memory(const sc_core::sc_module_name& name, const config& settings);

    uint64_t size() const { return m_config.size; }
    bool read_only() const { return m_config.read_only; }
    /// The bytes themselves; stays valid as long as the memory lives.
    uint8_t* data() { return m_data.get(); }
    const uint8_t* data() const { return m_data.get(); }

    /// Back to zeros; gives the host pages back. DMI pointers stay valid.
    void clear();

    /// Takes DMI away from all initiators, which must ask for it again.
    void invalidate_direct_pointers() { socket->invalidate_direct_mem_ptr(0, m_config.size - 1); }

private:
    struct unmap {
        uint64_t size;
        void operator()(uint8_t* address) const;
    };

    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region);
    unsigned transport_dbg(tlm::tlm_generic_payload& payload);
    void move(tlm::tlm_generic_payload& payload, uint64_t address);

    config m_config;
    std::unique_ptr<uint8_t[], unmap> m_data;
};

} // namespace vmcore
