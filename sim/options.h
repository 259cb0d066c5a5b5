#pragma once

#include "models/dump/dumper.h"
#include "platform/virt/virt_config.h"
#include "sim/machine_options.h"
#include "sim/protocol_options.h"
#include "sim/run_control.h"

#include <string>
#include <vector>

namespace vmcore::sim {

/// When --dump writes its file.
enum class dump_trigger {
    exit,    ///< the run ends, whatever ends it
    panic,   ///< the guest reports a failure
    publish, ///< the guest has written a record to etc/vmcoreinfo
};

/// What the command line asks for.
struct options {
    enum class action { run, show_help, show_version, list_settings, dump_device_tree };

    action what = action::run;
    machine_type machine = machine_type::virt;
    virt::virt_config board;      ///< the pc board is built from the part that all boards have in common
    std::string device_tree_file; ///< where to write it (-M virt,dumpdtb=FILE)
    run_policy policy;
    protocol_options protocols;
    std::string name;              ///< of the guest (-name); empty for none
    bool exit_with_parent = false; ///< as if SIGTERM came when the parent process dies
    bool summary = false;

    std::string dump_file; ///< a file, or what descriptor_named() knows; empty: no dump
    dump_trigger dump_on = dump_trigger::exit;
    dump_request dump; ///< how; the file and the target are left out

    std::string settings_list; ///< for list_settings: every setting with its value
};

/// @param arguments without the program's name
/// @param by_default the machine where the arguments name none
/// @throws usage_error, std::runtime_error: one line for the user
options parse_options(const std::vector<std::string>& arguments, machine_type by_default);

/// What -help prints.
std::string help_text();

} // namespace vmcore::sim
