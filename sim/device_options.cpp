#include "sim/device_options.h"

#include "models/dump/dumper.h"
#include "models/riscv/isa_text.h"
#include "platform/files.h"
#include "sim/key_values.h"
#include "sim/messages.h"

#include <algorithm>
#include <stdexcept>

namespace vmcore::sim {

static constexpr uint64_t mebibyte = uint64_t(1) << 20;
static constexpr uint64_t most_ram = uint64_t(64) << 30;
static constexpr uint64_t page = 4096;

uint64_t parse_ram_size(const std::string& option, const std::string& value) {
    key_values properties(option, value, "size");
    const uint64_t size = parse_size(option, properties.take("size"), mebibyte);
    properties.expect_empty();
    if (size < mebibyte || size > most_ram || size % page != 0)
        throw usage_error(option + ": '" + value +
                          "', expected 1M to 64G of RAM in whole pages of 4096 bytes");
    return size;
}

riscv::isa parse_cpu(const std::string& option, const std::string& value) {
    try {
        return riscv::parse_isa(value);
    } catch (const std::invalid_argument& error) {
        throw usage_error(option + ": " + error.what());
    }
}

static board_config::loader_image parse_loader(key_values& properties) {
    board_config::loader_image loaded;
    bool has_address = false;
    loaded.file = properties.take("file");
    const std::string address = properties.take("addr", has_address);
    if (has_address)
        loaded.address = parse_number("-device loader,addr", address);
    loaded.force_raw = properties.take_switch("force-raw", false);
    if (loaded.file.empty())
        properties.fail("loader needs file=F");
    return loaded;
}

void add_device(const std::string& option, const std::string& value, board_config& board) {
    key_values properties(option, value, "driver");
    const std::string driver = properties.take("driver");
    if (driver == "vmcoreinfo") {
        ++board.vmcoreinfo_devices;
    } else if (driver == "loader") {
        board.loader_images.push_back(parse_loader(properties));
    } else {
        const std::string nearest = nearest_word(driver, {"vmcoreinfo", "loader"});
        properties.fail(
            "'" + driver + "', expected " +
            (nearest.empty() ? "vmcoreinfo or loader" : nearest + "; loader and vmcoreinfo exist"));
    }
    properties.expect_empty();
}

board_config::fw_cfg_file parse_fw_cfg_file(const std::string& option, const std::string& value) {
    static constexpr size_t longest_name = 55;
    key_values properties(option, value, "name");
    bool has_file = false;
    bool has_string = false;
    board_config::fw_cfg_file parsed;
    parsed.name = properties.take("name");
    const std::string file = properties.take("file", has_file);
    const std::string string = properties.take("string", has_string);
    properties.expect_empty();

    if (parsed.name.empty() || has_file == has_string || (has_file ? file : string).empty())
        properties.fail("name, plus exactly one of file and string, are needed, none of them empty");
    if (parsed.name.size() > longest_name)
        properties.fail("'" + parsed.name + "': name too long (max. 55 char)");
    if (parsed.name.compare(0, 4, "opt/") != 0)
        print_warning(option + ": '" + parsed.name +
                      "': names of fw_cfg files from outside should begin with \"opt/\"");
    if (has_file)
        parsed.bytes = read_file(option, file);
    else
        parsed.bytes.assign(string.begin(), string.end());
    return parsed;
}

std::string parse_dump_format(const std::string& option, const std::string& value) {
    const std::vector<std::string> formats = dump_formats();
    if (std::find(formats.begin(), formats.end(), value) != formats.end())
        return value;
    std::string expected;
    for (const std::string& format : formats)
        expected += (expected.empty() ? "" : ", ") + format;
    throw usage_error(option + ": '" + value + "', expected " + expected);
}

dump_trigger parse_dump_trigger(const std::string& option, const std::string& value) {
    if (value == "exit")
        return dump_trigger::exit;
    if (value == "panic")
        return dump_trigger::panic;
    if (value == "publish")
        return dump_trigger::publish;
    throw usage_error(option + ": '" + value + "', expected exit, panic or publish");
}

} // namespace vmcore::sim
