#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace vmcore {

/// A stretch of virtual addresses whose accesses stop a CPU. Both ends are inclusive.
struct watchpoint {
    uint64_t first = 0;
    uint64_t last = 0;
    bool on_load = false;
    bool on_store = false;
};

/// Why a CPU stopped for its debugger.
struct debug_stop {
    enum class reason {
        breakpoint, ///< in front of an instruction
        watchpoint, ///< in front of the instruction whose access would meet it, which is done when the CPU
                    ///< goes on
        step,       ///< behind one instruction, or at the first of a trap handler
    };
    reason why = reason::step;
    watchpoint watch; ///< the one that was hit
};

/// What a CPU does when the machine runs.
enum class debug_run {
    go,   ///< runs
    step, ///< one instruction, or one trap entry; then it stops
    stay, ///< nothing
};

/// A register of a CPU as its debugger names it.
struct debug_register {
    std::string name;
    unsigned number = 0;    ///< in the remote protocol
    std::string type;       ///< of gdb's target description: "int", "code_ptr", ...
    std::string group = {}; ///< empty for gdb's own choice
};

/// A set of registers whose name tells gdb which to expect (gdb, "Standard Target Features"). All are 64 bits
/// wide.
struct debug_feature {
    std::string name;
    std::vector<debug_register> registers;
    std::string types = {}; ///< XML in front of the registers: types that they refer to
};

/// A CPU as its debugger sees it. To be called while the kernel is not inside of the CPU, but for what is
/// said otherwise; nothing here takes simulated time, and no device notices.
class debug_target {
public:
    virtual ~debug_target() = default;

    /// As gdb names it: "riscv:rv64".
    virtual std::string architecture() const = 0;
    /// The first one's registers are those of the packets `g` and `G`.
    virtual const std::vector<debug_feature>& features() const = 0;
    virtual unsigned program_counter() const = 0; ///< its number

    /// None when there is no such register.
    virtual std::optional<uint64_t> read_register(unsigned number) const = 0;
    /// @returns whether there is such a register, and it can be written; what it keeps is its own affair
    virtual bool write_register(unsigned number, uint64_t value) = 0;

    /// Memory at virtual addresses, as the CPU would see it now.
    /// @returns whether all bytes are there, and can be read without an effect
    virtual bool read_memory(uint64_t address, uint8_t* to, size_t size) = 0;
    /// @returns whether all bytes are there; ROM can be written, too. Every CPU executes what was written.
    virtual bool write_memory(uint64_t address, const uint8_t* from, size_t size) = 0;

    /// The virtual addresses in front of whose instructions the CPU stops. Memory does not change.
    virtual void set_breakpoints(std::vector<uint64_t> addresses) = 0;
    virtual void set_watchpoints(std::vector<watchpoint> watched) = 0;
    /// @param masks_interrupts of step: interrupts wait meanwhile
    virtual void set_run(debug_run mode, bool masks_interrupts) = 0;
    virtual bool sleeps() const = 0; ///< waits for an interrupt

    /// What the CPU last stopped for since this was last asked.
    virtual std::optional<debug_stop> take_stop() = 0;
    /// Called from within the simulation when the CPU has stopped. It executes nothing until the board is
    /// released.
    virtual void on_stop(std::function<void()> callback) = 0;
};

} // namespace vmcore
