#pragma once

#include <systemc>

namespace vmcore {

/// An interrupt line between a device and whatever listens to it: a signal that besides its level tells of
/// every assertion, also of one that finds the line high already, and of one that is taken back within the
/// same delta cycle. QEMU's PLIC makes an interrupt of each, see models/plic. Anyone may write it: tools from
/// outside drive a line besides its device.
class interrupt_wire : public sc_core::sc_signal<bool, sc_core::SC_UNCHECKED_WRITERS> {
public:
    using base = sc_core::sc_signal<bool, sc_core::SC_UNCHECKED_WRITERS>;

    interrupt_wire()
        : interrupt_wire(sc_core::sc_gen_unique_name("interrupt_wire")) {}
    explicit interrupt_wire(const char* name)
        : base(name) {}

    const char* kind() const override { return "interrupt_wire"; }

    void write(const bool& level) override {
        if (level)
            m_asserted.notify(sc_core::SC_ZERO_TIME);
        base::write(level);
    }
    using base::operator=;

    /// Happens in the delta cycle behind each that has written true.
    const sc_core::sc_event& asserted_event() const { return m_asserted; }

private:
    sc_core::sc_event m_asserted; // unnamed: a signal is no parent, and names of all wires would collide
};

} // namespace vmcore
