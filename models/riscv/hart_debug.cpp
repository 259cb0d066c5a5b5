// What a debugger does with a hart.

#include "models/riscv/hart.h"

namespace vmcore {

namespace {

/// Page tables as debug transport reads them. Entries are not written: what a walk would set stays as it is.
class viewed_tables : public riscv::page_table_memory {
public:
    explicit viewed_tables(hart& viewed)
        : m_hart(viewed) {}

    bool entry_permitted(uint64_t) override { return true; }
    riscv::outcome read_entry(uint64_t physical, uint64_t& entry) override {
        uint8_t bytes[8] = {};
        const unsigned moved = m_hart.debug_transport(tlm::TLM_READ_COMMAND, physical, bytes, sizeof bytes);
        std::memcpy(&entry, bytes, sizeof entry);
        return moved == sizeof bytes ? riscv::outcome::done : riscv::outcome::refused;
    }
    riscv::outcome write_entry(uint64_t, uint64_t) override { return riscv::outcome::done; }

private:
    hart& m_hart;
};

} // namespace

std::optional<uint64_t> hart::any_csr(unsigned number) const {
    if (!m_core.csrs().exists(number))
        return std::nullopt;
    return m_core.csrs().read(number);
}

bool hart::set_csr(unsigned number, uint64_t value) {
    const bool read_only = number >> 10 == 3;
    if (read_only || !m_core.csrs().exists(number))
        return false;
    m_core.write_csr(number, value);
    if (m_core.waiting() && !m_core.asleep())
        m_wake.notify(sc_core::SC_ZERO_TIME);
    return true;
}

bool hart::set_mode_number(uint64_t mode) {
    using riscv::privilege;
    const riscv::isa& has = m_config.isa;
    const bool known = mode == static_cast<uint64_t>(privilege::machine) ||
                       (mode == static_cast<uint64_t>(privilege::supervisor) && has.s) ||
                       (mode == static_cast<uint64_t>(privilege::user) && has.u);
    if (known)
        m_core.set_mode(static_cast<privilege>(mode));
    return known;
}

/// When all are released, a hart that stopped for its debugger inside of its quantum first ends that, for the
/// others were to run behind it.
void hart::await_release() {
    wait(m_released);
    if (m_core.local_time() == 0)
        wait(sc_core::SC_ZERO_TIME);
}

void hart::stop_for_debugger() {
    m_core.debug().told();
    m_stopped = true;
    if (m_debug_stopped)
        m_debug_stopped();
    while (m_stopped)
        wait(m_released);
}

unsigned hart::debug_transport(tlm::tlm_command command, uint64_t address, uint8_t* data, unsigned size) {
    tlm::tlm_generic_payload request;
    request.set_command(command);
    request.set_address(address);
    request.set_data_ptr(data);
    request.set_data_length(size);
    request.set_streaming_width(size);
    return socket->transport_dbg(request);
}

std::optional<uint64_t> hart::look_up(uint64_t address) {
    viewed_tables tables(*this);
    return m_core.look_up(address, tables);
}

} // namespace vmcore
