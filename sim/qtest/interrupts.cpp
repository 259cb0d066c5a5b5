#include "sim/qtest/interrupts.h"

namespace vmcore::sim::qtest {

/// Tells of one line.
class interrupts::watcher : public sc_core::sc_module {
public:
    SC_HAS_PROCESS(watcher);
    watcher(const sc_core::sc_module_name& name, interrupts& owner, std::string device, interrupt_line line)
        : sc_core::sc_module(name)
        , m_owner(owner)
        , m_device(std::move(device))
        , m_line(line) {
        SC_METHOD(look);
        sensitive << line.signal->value_changed_event();
        dont_initialize();
    }

private:
    void look() {
        if (m_owner.m_device == m_device && m_owner.m_direction == m_line.towards)
            m_owner.m_changed(m_line.number, m_line.signal->read());
    }

    interrupts& m_owner;
    std::string m_device;
    interrupt_line m_line;
};

interrupts::interrupts(const sc_core::sc_module_name& name, const board& watched, listener changed)
    : sc_core::sc_module(name)
    , m_devices(watched.interrupt_devices())
    , m_changed(std::move(changed)) {
    for (const interrupt_device& device : m_devices)
        for (const interrupt_line& line : device.lines)
            m_watchers.push_back(
                std::make_unique<watcher>(sc_core::sc_gen_unique_name("line"), *this, device.path, line));
}

interrupts::~interrupts() = default;

/// The full path of a device of which the end of the path was given, as QEMU resolves partial paths.
std::string interrupts::resolve(const std::string& device) const {
    for (const interrupt_device& known : m_devices) {
        const size_t at = known.path.size() - std::min(known.path.size(), device.size());
        const bool is_end = !device.empty() && known.path.compare(at, std::string::npos, device) == 0;
        if (is_end && (at == 0 || known.path[at - 1] == '/'))
            return known.path;
    }
    return "";
}

std::string interrupts::intercept(const std::string& device, interrupt_line::direction direction) {
    const std::string path = resolve(device);
    if (path.empty())
        return "FAIL Unknown device";
    if (!m_device.empty() && (m_device != path || m_direction != direction))
        return "FAIL IRQ intercept already enabled";
    m_device = path;
    m_direction = direction;
    return "OK";
}

std::string interrupts::set_input(const std::string& device, unsigned number, bool level) {
    const std::string path = resolve(device);
    if (path.empty())
        return "FAIL Unknown device";
    for (const interrupt_device& known : m_devices)
        for (const interrupt_line& line : known.lines)
            if (known.path == path && line.towards == interrupt_line::direction::input &&
                line.number == number) {
                line.signal->write(level);
                return "OK";
            }
    return "FAIL Unknown line";
}

} // namespace vmcore::sim::qtest
