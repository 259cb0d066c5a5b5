#include "platform/quirk_reporter.h"

#include <sstream>

namespace vmcore {

quirk_reporter::quirk_reporter(fw_cfg_controller& firmware, vmcoreinfo* info, lookup who)
    : m_who(std::move(who)) {
    firmware.on_quirk([this, &firmware](const fw_cfg_quirk& quirk) {
        tell("fw_cfg", static_cast<unsigned>(quirk.what), [&] { return describe(quirk, firmware.items()); });
    });
    if (info != nullptr)
        info->on_quirk([this](vmcoreinfo::quirk what, const std::string& text) {
            tell("vmcoreinfo", static_cast<unsigned>(what), [&] { return text; });
        });
}

void quirk_reporter::tell(const char* device, unsigned kind, const describer& text) {
    if (m_full)
        return;
    const std::optional<initiator> who = m_who();
    const std::string id = std::string("/vmcore/") + device + "/quirk";
    const auto place = who ? std::make_tuple(std::string(device), kind, who->hart, who->pc, std::string())
                           : std::make_tuple(std::string(device), kind, ~0u, uint64_t(0), text());
    if (m_told.count(place) != 0)
        return;
    if (m_told.size() == most) {
        m_full = true;
        const std::string line = "fw_cfg.strict: " + std::to_string(most) + " reports, more are not shown";
        SC_REPORT_WARNING(id.c_str(), line.c_str());
        return;
    }
    m_told.insert(place);
    std::ostringstream line;
    line << device << ": ";
    if (who)
        line << "pc 0x" << std::hex << who->pc << " of hart " << std::dec << who->hart << ": ";
    else
        line << "from outside: ";
    line << text();
    SC_REPORT_WARNING(id.c_str(), line.str().c_str());
}

} // namespace vmcore
