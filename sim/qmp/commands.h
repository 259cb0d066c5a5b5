#pragma once

#include "platform/board.h"
#include "sim/bus_viewer.h"
#include "sim/dump_service.h"
#include "sim/qmp/arguments.h"
#include "sim/qmp/descriptors.h"
#include "sim/qmp/human_monitor.h"
#include "sim/run_control.h"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <string>

namespace vmcore::sim::qmp {

/// What QMP's commands act on.
struct machine {
    run_control& control;
    board& controlled;
    dump_service& dumps;
    dump_request dump_defaults;   ///< what no argument of dump-guest-memory says
    bus_viewer& viewer;           ///< of the board's memory bus
    std::string name;             ///< of the guest, empty for none
    std::array<uint8_t, 16> uuid; ///< in the order in which it is written
};

/// The version of QEMU whose protocol this is, and our own.
boost::json::object version();

/// What query-dump and DUMP_COMPLETED tell.
boost::json::object describe(const dump_service::progress& progress);

/// QMP's commands, as far as they make sense here, with QEMU's names, arguments, answers and errors (QEMU,
/// qapi/*.json). They are carried out on the kernel's thread.
class command_table {
public:
    explicit command_table(machine acted_on);

    /// @returns the value of "return"
    /// @throws error
    boost::json::value execute(const std::string& name, const boost::json::object& given,
                               descriptors& passed) const;

private:
    using handler = std::function<boost::json::value(arguments& given, descriptors& passed)>;

    void expect_run() const;
    void add_run_commands();
    void add_queries();
    void add_memory_commands();
    boost::json::value dump(arguments& given, descriptors& passed) const;
    boost::json::value query_cpus() const;
    boost::json::value human_command(arguments& given);

    machine m_machine;
    human_monitor m_monitor;
    std::map<std::string, handler> m_handlers;
};

} // namespace vmcore::sim::qmp
