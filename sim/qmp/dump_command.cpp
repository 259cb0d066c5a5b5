#include "models/dump/filter.h"
#include "sim/dump_output.h"
#include "sim/qmp/commands.h"
#include "sim/qmp/descriptors.h"

#include <algorithm>
#include <memory>
#include <system_error>

namespace vmcore::sim::qmp {

namespace json = boost::json;

/// QEMU's names; those that dump_formats() does not list either are "not available".
static const char* const qemu_formats[] = {
    "elf",           "kdump-zlib",       "kdump-lzo", "kdump-snappy", "kdump-raw-zlib",
    "kdump-raw-lzo", "kdump-raw-snappy", "win-dmp"};

static void check_format(const std::string& format, bool restricted) {
    const std::vector<std::string> built = dump_formats();
    const bool is_built = std::find(built.begin(), built.end(), format) != built.end();
    const bool is_known = is_built || std::find(std::begin(qemu_formats), std::end(qemu_formats), format) !=
                                          std::end(qemu_formats);
    if (!is_known)
        throw error("Parameter 'format' does not accept value '" + format + "'");
    if (format != "elf" && restricted)
        throw error("kdump-compressed format doesn't support paging or filter");
}

static void check_built(const std::string& format) {
    const std::vector<std::string> built = dump_formats();
    if (format == "win-dmp")
        throw error("Windows dump is only available for x86-64");
    if (std::find(built.begin(), built.end(), format) == built.end())
        throw error(format + " is not available now");
}

/// The output that QMP's `protocol` names.
static void open_output(const std::string& protocol, descriptors& passed, dump_request& request) {
    bool seeks;
    if (protocol.rfind("file:", 0) == 0) {
        request.file = protocol.substr(5);
        expect_no_descriptor(request.file);
        try {
            output_file::check(request.file);
        } catch (const std::system_error& failure) {
            throw error("Could not create '" + request.file + "': " + failure.code().message());
        }
        seeks = can_seek(request.file);
    } else if (protocol.rfind("fd:", 0) == 0) {
        request.file = protocol;
        file_descriptor taken = passed.take(protocol.substr(3));
        seeks = can_seek(taken.get());
        request.opened = std::make_shared<opened_file>(taken.release(), protocol);
    } else {
        throw error("parameter 'protocol' must start with 'file:' or 'fd:'");
    }
    if (needs_seeking(request.format) && !seeks)
        throw error("kdump-raw formats require a seekable file");
}

/// QEMU's order of checks: the first that fails is the one that the client hears of.
json::value command_table::dump(arguments& given, descriptors& passed) const {
    const auto paging = given.flag("paging");
    const std::string protocol = given.text("protocol");
    const bool detach = given.flag("detach", false);
    const auto begin = given.optional_number("begin");
    const auto length = given.optional_number("length");
    const std::string format = given.optional_text("format").value_or("elf");
    given.expect_no_more();

    dump_service& dumps = m_machine.dumps;
    if (dumps.active())
        throw error("There is a dump in process, please wait.");
    check_format(format, paging || begin || length);
    if (begin && !length)
        throw error("Parameter 'length' is missing");
    if (length && !begin)
        throw error("Parameter 'begin' is missing");
    check_built(format);

    dump_request request = m_machine.dump_defaults;
    request.format = format;
    request.target = m_machine.controlled.target();
    request.paging = paging;
    open_output(protocol, passed, request);
    if (begin)
        request.filter = dump_filter{*begin, *length};
    if (length && *length == 0) {
        dumps.fail();
        throw error("parameter 'length' expects a non-zero size");
    }
    try {
        select_ranges(m_machine.controlled.ranges(), request.filter);
    } catch (const std::runtime_error& failure) {
        dumps.fail();
        throw error(failure.what());
    }
    if (detach)
        dumps.start(std::move(request));
    else
        dumps.write(std::move(request));
    return json::object();
}

} // namespace vmcore::sim::qmp
