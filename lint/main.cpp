// vmcore-lint: which readers open a dump, and what is missing for the others. docs/vmcore-lint.md.

#include "lint/report.h"
#include "lint/shown.h"

#include <boost/program_options.hpp>
#include <exception>
#include <iostream>

namespace {

namespace po = boost::program_options;
using namespace vmcore::lint;

constexpr int dump_is_good = 0, cannot_judge = 2;

struct wanted {
    std::string file;
    std::vector<reader> readers;
    bool named = false;
    bool json = false;
};

/// None: the help was asked for, and printed.
std::optional<wanted> parse(int argc, char** argv) {
    wanted result;
    std::vector<std::string> names, files;
    po::options_description shown("options");
    shown.add_options()("help,h", "print this text")("json", po::bool_switch(&result.json),
                                                     "one JSON object")(
        "reader", po::value(&names)->value_name("NAME"), "judge for this reader only; may be repeated");
    po::options_description all;
    all.add(shown).add_options()("file", po::value(&files));
    po::positional_options_description positions;
    positions.add("file", -1);
    po::variables_map given;
    po::store(po::command_line_parser(argc, argv).options(all).positional(positions).run(), given);
    po::notify(given);
    if (given.count("help") != 0) {
        std::cout << "usage: vmcore-lint [OPTION...] FILE\n\nTells which readers open a dump (an ELF core or "
                     "a kdump file), and "
                     "what is missing for the others.\nExit status: 0 all open it, 1 one does not, 2 it is "
                     "no dump.\n\n"
                  << shown;
        return std::nullopt;
    }
    if (files.size() != 1)
        throw std::runtime_error("expected one file, --help tells the options");
    result.file = files[0];
    result.named = !names.empty();
    for (const std::string& name : names)
        result.readers.push_back(find_reader(name));
    if (!result.named)
        for (const reader_info& each : readers())
            result.readers.push_back(each.which);
    return result;
}

int lint(const wanted& what) {
    lint_report report;
    try {
        report = judge(examine(file_source(what.file)), what.readers);
    } catch (const not_a_dump& error) {
        throw std::runtime_error(what.file + ": " + error.what());
    }
    std::cout << (what.json ? to_json(report, what.file) : to_text(report, what.file)) << std::flush;
    if (!std::cout)
        throw std::runtime_error("cannot write to standard output");
    return exit_status(report, what.named);
}

} // namespace

int main(int argc, char** argv) {
    try {
        const std::optional<wanted> what = parse(argc, argv);
        return what ? lint(*what) : dump_is_good;
    } catch (const std::exception& error) {
        std::cerr << "vmcore-lint: " << shown(error.what()) << '\n';
        return cannot_judge;
    }
}
