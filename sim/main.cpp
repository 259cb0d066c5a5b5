#include "platform/virt/boot_images.h"
#include "sim/key_values.h"
#include "sim/options.h"
#include "sim/simulation.h"
#include "sim/version.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <systemc>

namespace {

using vmcore::sim::options;

/// SystemC's reports as lines of the simulator's own; errors end the run through an exception.
void print_report(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
    if (actions & sc_core::SC_THROW) // the kernel's own reports may have nothing but a type
        throw std::runtime_error(*report.get_msg() != 0 ? report.get_msg() : report.get_msg_type());
    const char* severity = report.get_severity() == sc_core::SC_WARNING ? "warning: " : "";
    if (report.get_severity() != sc_core::SC_INFO)
        std::cerr << "vmcore-vp: " << severity << report.get_msg() << '\n';
}

void write_device_tree(const options& wanted) {
    const std::vector<uint8_t> tree = vmcore::virt::load_boot_images(wanted.board).device_tree;
    std::ofstream file(wanted.device_tree_file, std::ios::binary);
    file.write(reinterpret_cast<const char*>(tree.data()), static_cast<std::streamsize>(tree.size()));
    file.close();
    if (!file)
        throw std::runtime_error("-M dumpdtb: cannot write '" + wanted.device_tree_file + "'");
}

int run(const std::vector<std::string>& arguments) {
    const options wanted = vmcore::sim::parse_options(arguments);
    switch (wanted.what) {
    case options::action::show_help: std::cout << vmcore::sim::help_text(); return 0;
    case options::action::show_version: std::cout << "vmcore-vp " << vmcore::sim::version << '\n'; return 0;
    case options::action::list_settings: std::cout << wanted.settings_list; return 0;
    case options::action::dump_device_tree: write_device_tree(wanted); return 0;
    case options::action::run: break;
    }
    return vmcore::sim::simulate(wanted);
}

} // namespace

int sc_main(int argc, char** argv) {
    sc_core::sc_report_handler::set_handler(print_report);
    sc_core::sc_set_stop_mode(sc_core::SC_STOP_FINISH_DELTA);
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << "vmcore-vp: " << error.what() << '\n';
        return 1;
    }
}

int main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1); // stdout belongs to the guest's console
    for (const int deadly : {SIGPIPE, SIGXFSZ})          // a failing write is reported, with its file
        std::signal(deadly, SIG_IGN);
    return sc_core::sc_elab_and_sim(argc, argv);
}
