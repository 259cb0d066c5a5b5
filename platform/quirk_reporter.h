#pragma once

#include "models/fw_cfg/controller.h"
#include "models/vmcoreinfo/vmcoreinfo.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <tuple>

namespace vmcore {

/// The strict mode: warns of every use that a guest makes of a quirk of fw_cfg or vmcoreinfo, with its pc.
/// Each kind is told once for each instruction (from outside, where there is none, once for each text), and
/// at most `most` altogether, so that a guest cannot flood its host.
class quirk_reporter {
public:
    static constexpr unsigned most = 100;

    struct initiator {
        unsigned hart;
        uint64_t pc;
    };
    /// Who makes the access under way; none when it is nobody on the board.
    using lookup = std::function<std::optional<initiator>()>;

    /// Observes both devices, which must not outlive it while the simulation runs.
    /// @param info may be null
    quirk_reporter(fw_cfg_controller& firmware, vmcoreinfo* info, lookup who);

private:
    using describer = std::function<std::string()>;
    void tell(const char* device, unsigned kind, const describer& text);

    lookup m_who;
    std::set<std::tuple<std::string, unsigned, unsigned, uint64_t, std::string>> m_told;
    bool m_full = false;
};

} // namespace vmcore
