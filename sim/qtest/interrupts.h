#pragma once

#include "platform/board.h"

#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

namespace vmcore::sim::qtest {

/// Interrupt lines seen and driven from outside: `irq_intercept_in`, `irq_intercept_out` and `set_irq_in`.
class interrupts : public sc_core::sc_module {
public:
    /// A line of the intercepted device has another level now.
    using listener = std::function<void(unsigned number, bool level)>;

    interrupts(const sc_core::sc_module_name& name, const board& watched, listener changed);
    ~interrupts() override;

    /// Has the listener told of the device's lines from now on; one device and direction at a time.
    /// @returns the answer to the command
    std::string intercept(const std::string& device, interrupt_line::direction direction);

    /// Drives one of a device's inputs; only its unnamed ones are known. To be called in a process.
    /// @returns the answer to the command
    std::string set_input(const std::string& device, const std::string& inputs, unsigned number, bool level);

private:
    class watcher;

    std::string resolve(const std::string& device) const;

    std::vector<interrupt_device> m_devices;
    std::string m_device; ///< the one intercepted; empty for none
    interrupt_line::direction m_direction = interrupt_line::direction::input;
    listener m_changed;
    std::vector<std::unique_ptr<watcher>> m_watchers;
};

} // namespace vmcore::sim::qtest
