#include "sim/dump_options.h"

#include "sim/dump_output.h"
#include "sim/key_values.h"

#include <optional>
#include <unistd.h>
#include <utility>

namespace vmcore::sim {

/// A format is an argument of QMP's dumps; a search is as much for them.
static void expect_dump(const options& wanted, const std::set<std::string>& given) {
    if (!wanted.dump_file.empty())
        return;
    for (const char* option : {"dump-on", "dump-format"})
        if (given.count(option) != 0)
            throw usage_error(std::string("--") + option +
                              ": no dump to write, expected --dump FILE beside it");
    if (wanted.dump.rescue && wanted.protocols.qmp.empty())
        throw usage_error("--rescue: no dump to write, expected --dump FILE or -qmp beside it");
}

/// A dump to a descriptor must have for itself what is behind it.
static void expect_output_of_its_own(const options& wanted, bool serial_given) {
    const std::string& file = wanted.dump_file;
    const std::optional<int> descriptor = file.empty() ? std::nullopt : descriptor_named("--dump", file);
    if (!descriptor)
        return;
    const std::string& serial = wanted.board.serial;
    const std::string serial_file = serial.rfind("file:", 0) == 0 ? serial.substr(5) : "";
    for (const auto& [option, other] :
         {std::pair("-serial file:", serial_file), std::pair("-qtest-log ", wanted.protocols.qtest_log)})
        if (leads_to(other, *descriptor))
            throw usage_error("--dump " + file + ": " + option + other +
                              " is written to the same file or pipe, expected another one");
    if (descriptor != STDOUT_FILENO)
        return;
    const std::string option = "--dump " + file + ": standard output belongs to ";
    if (wanted.protocols.uses_stdio())
        throw usage_error(option + "-qtest or QMP, expected these at unix:PATH");
    if (wanted.board.virtio.uses_stdio())
        throw usage_error(option + "the guest's console (-chardev stdio), expected -chardev null or file");
    if (wanted.board.serial == "stdio")
        throw usage_error(option + "the guest's console (-serial stdio" +
                          (serial_given ? "" : ", the default") + "), expected -serial null or file:PATH");
}

void check_dump_options(const options& wanted, const std::set<std::string>& given) {
    expect_dump(wanted, given);
    expect_output_of_its_own(wanted, given.count("serial") != 0);
}

} // namespace vmcore::sim
