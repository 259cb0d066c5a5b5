#pragma once

#include "models/bus/bus.h"
#include "models/dump/guest_state.h"
#include "models/dump/post_mortem.h"
#include "models/tlm/debug_target.h"
#include "models/vmcoreinfo/record.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

namespace vmcore {

/// An interrupt line that ends or begins at a device.
struct interrupt_line {
    enum class direction { input, output };

    direction towards;
    unsigned number; ///< among the device's lines of that direction, as QEMU numbers them
    sc_core::sc_signal_inout_if<bool>* signal;
};

/// A device with interrupt lines, under the path that QEMU gives it where it has one there.
struct interrupt_device {
    std::string path;
    std::vector<interrupt_line> lines;
};

/// What the simulator needs of any board.
class board : public guest_memory {
public:
    /// Power-on state of every device and hart, and the images back in memory. Call it while the kernel is
    /// not inside a device: before the first sc_start(), or between two while the board is not busy.
    virtual void reset() = 0;

    /// Whether a device is in the middle of a transfer that a reset must not cut in two.
    virtual bool busy() const = 0;

    /// Every hart leaves its quantum after the instruction it executes.
    virtual void yield() = 0;

    /// No hart executes an instruction between hold() and release(), while time and devices may go on. A hart
    /// in the middle of an access still ends it, as simulated time allows.
    virtual void hold() = 0;
    virtual void release() = 0;

    /// The guest's architecture, as in the names of QEMU's system emulators: "riscv64".
    virtual std::string target() const = 0;
    /// The buses, for an initiator of the simulator's own to bind to before the simulation starts: that of
    /// memory, and that of I/O ports, null where the architecture has none.
    virtual bus& memory_bus() = 0;
    virtual bus* port_bus() = 0;
    virtual std::vector<interrupt_device> interrupt_devices() const = 0;

    virtual std::vector<const cpu_context*> cpus() const = 0;
    /// QEMU's path of a CPU.
    virtual std::string cpu_path(unsigned index) const = 0;
    /// A CPU's registers as QEMU's monitor lists them, lines that end in "\n"; empty when there is no such
    /// CPU.
    virtual std::string registers_text(unsigned) const { return ""; }
    /// One of them by its name in the architecture; none when there is no such CPU or register.
    virtual std::optional<uint64_t> register_value(unsigned, const std::string&) const {
        return std::nullopt;
    }
    /// A CPU for a debugger; null when there is no such CPU, or the board's execute nothing.
    virtual debug_target* debugged(unsigned) { return nullptr; }
    virtual uint64_t instructions() const = 0; ///< retired by all harts since power-on or reset

    /// The device's record; null on a board without one.
    virtual const vmcoreinfo_source* vmcoreinfo() const = 0;
    /// Where CPUs and record are kept, for a debugger; memory is where ranges() tells.
    virtual post_mortem_view post_mortem() const { return {}; }
    /// Called, from within the simulation, when the guest has published a record.
    virtual void on_publish(std::function<void()> callback) = 0;

    /// Everything the guest has printed reaches the host; a warning tells of what the host refused.
    virtual void flush_console() = 0;

    /// Out of ranges(), all of which a board has in host memory.
    uint64_t read(uint64_t paddr, void* to, uint64_t length) const override;
};

} // namespace vmcore
