#pragma once

#include "sim/options.h"
#include "sim/settings.h"
#include "sim/virtio_options.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <systemc>
#include <vector>

namespace vmcore::sim {

/// Collects options in the order typed, then the settings, which may depend on none of them.
class option_parser {
public:
    explicit option_parser(machine_type by_default);

    options parse(const std::vector<std::string>& arguments);
    std::string help() const;

private:
    using handler = std::function<void(const std::string& option, const std::string& value)>;
    struct entry {
        std::string name;  ///< without dashes
        std::string value; ///< placeholder of its value; empty for a switch
        std::string help;
        handler handle;
        bool is_own; ///< not one of QEMU's
        std::string dashes() const { return is_own ? "--" : "-"; }
    };

    void declare_machine();
    void declare_guest();
    void declare_run();
    void declare_control();
    void declare_own();
    void add(const std::string& name, const std::string& value, const std::string& help, handler handle) {
        m_entries.push_back({name, value, help, std::move(handle), false});
    }
    void add_own(const std::string& name, const std::string& value, const std::string& help, handler handle) {
        m_entries.push_back({name, value, help, std::move(handle), true});
    }
    void declare_settings();
    void apply_settings();
    void find_bios();
    void settle_stdio();
    [[noreturn]] void refuse(const std::string& argument) const;
    [[noreturn]] void refuse_value(const std::string& shown) const;

    options m_result;
    settings m_settings;
    std::vector<entry> m_entries;
    std::vector<std::string> m_config_files;
    std::vector<std::string> m_assignments;
    std::vector<std::string> m_firmware_directories; ///< of -L
    std::optional<sc_core::sc_time> m_quantum;
    std::optional<uint64_t> m_rtc_base;
    std::vector<std::string> m_cpus;
    smp_option m_smp;
    boot_option m_boot;
    virtio_options m_virtio;
    std::set<std::string> m_given; ///< names without dashes
    bool m_defaults = true;
};

} // namespace vmcore::sim
