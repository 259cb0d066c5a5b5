#include "models/dump/output_file.h"
#include "platform/virt/boot_images.h"
#include "sim/key_values.h"
#include "sim/messages.h"
#include "sim/options.h"
#include "sim/signal_watcher.h"
#include "sim/simulation.h"
#include "sim/version.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <system_error>
#include <systemc>
#include <unistd.h>

namespace {

using vmcore::sim::options;
using vmcore::sim::print_line;

/// Some of SystemC's own reports have no text besides their type.
std::string report_text(const sc_core::sc_report& report) {
    const std::string text = report.get_msg();
    return text.empty() ? std::string("SystemC: ") + report.get_msg_type() : text;
}

/// SystemC's reports as lines of the simulator's own; errors end the run through an exception.
void print_report(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
    if (actions & sc_core::SC_THROW)
        throw std::runtime_error(report_text(report));
    const char* severity = report.get_severity() == sc_core::SC_WARNING ? "warning: " : "";
    if (report.get_severity() != sc_core::SC_INFO && (actions & sc_core::SC_DISPLAY))
        print_line(severity + report_text(report));
}

void write_device_tree(const options& wanted) {
    const std::vector<uint8_t> tree = vmcore::virt::load_boot_images(wanted.board).device_tree;
    try {
        vmcore::output_file file(wanted.device_tree_file);
        file.write_at(0, tree.data(), tree.size());
        file.commit(false);
    } catch (const std::system_error& error) {
        throw std::runtime_error(std::string("-M dumpdtb: ") + error.what());
    }
}

void print(const std::string& text) {
    std::cout << text << std::flush;
    if (!std::cout)
        throw std::runtime_error(std::string("cannot write to standard output: ") + std::strerror(errno));
}

int run(const std::string& program, const std::vector<std::string>& arguments) {
    const options wanted = vmcore::sim::parse_options(arguments, vmcore::sim::machine_of_program(program));
    switch (wanted.what) {
    case options::action::show_help: print(vmcore::sim::help_text()); return 0;
    case options::action::show_version:
        print(std::string("vmcore-vp ") + vmcore::sim::version + '\n');
        return 0;
    case options::action::list_settings: print(wanted.settings_list); return 0;
    case options::action::dump_device_tree: write_device_tree(wanted); return 0;
    case options::action::run: break;
    }
    return vmcore::sim::simulate(wanted);
}

} // namespace

int sc_main(int argc, char** argv) {
    sc_core::sc_report_handler::set_handler(print_report);
    // Running the kernel for no time, to let pending events happen, is the simulator's way while a guest is
    // held.
    sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_, sc_core::SC_DO_NOTHING);
    sc_core::sc_set_stop_mode(sc_core::SC_STOP_FINISH_DELTA);
    try {
        return run(argv[0], {argv + 1, argv + argc});
    } catch (const std::exception& error) {
        print_line(error.what());
        return 1;
    }
}

/// Keeps the numbers 0 to 2 taken: a dump or a console file that got one would receive other output as well.
/// Reading from or writing to one that was closed fails as before.
static void occupy_closed_descriptors() {
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(number, F_GETFD) < 0)
            (void)!open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char** argv) {
    occupy_closed_descriptors();
    vmcore::sim::take_signals_before_the_run();
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1); // stdout belongs to the guest's console
    for (const int deadly : {SIGPIPE, SIGXFSZ})          // a failing write is reported, with its file
        std::signal(deadly, SIG_IGN);
    return sc_core::sc_elab_and_sim(argc, argv);
}
