#include "sim/device_options.h"

#include "models/dump/dumper.h"
#include "models/pvpanic/pvpanic.h"
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
    bool has_cpu = false;
    const std::string cpu = properties.take("cpu-num", has_cpu);
    if (has_cpu) {
        const uint64_t number = parse_number("-device loader,cpu-num", cpu);
        loaded.cpu = static_cast<unsigned>(std::min<uint64_t>(number, UINT32_MAX));
    }
    if (loaded.file.empty() && !(has_cpu && has_address))
        properties.fail("loader needs file=F, or addr=A and cpu-num=N");
    return loaded;
}

/// @returns the events that a guest may use
static uint8_t parse_pvpanic(const std::string& option, key_values& properties) {
    bool has_events = false;
    const std::string text = properties.take("events", has_events);
    const uint64_t events =
        has_events ? parse_number(option + " pvpanic-mmio,events", text) : pvpanic::config().events;
    if (events > UINT8_MAX)
        properties.fail("pvpanic-mmio,events=" + text + ", expected 0 to 255");
    return static_cast<uint8_t>(events);
}

void add_device(const std::string& option, const std::string& value, board_config& board,
                virtio_options& virtio) {
    key_values properties(option, value, "driver");
    const std::string driver = properties.take("driver");
    if (driver == "vmcoreinfo") {
        ++board.vmcoreinfo_devices;
    } else if (driver == "loader") {
        board.loader_images.push_back(parse_loader(properties));
    } else if (driver == "pvpanic-mmio") {
        if (board.pvpanic_events)
            properties.fail("pvpanic-mmio is given twice, expected once");
        board.pvpanic_events = parse_pvpanic(option, properties);
    } else if (virtio_options::has_driver(driver)) {
        virtio.add_device(option, driver, properties);
    } else {
        std::vector<std::string> known = virtio_options::drivers();
        known.insert(known.end(), {"loader", "pvpanic-mmio", "vmcoreinfo"});
        const bool without_bus = virtio_options::has_driver(driver + "-device"); // QEMU's choice would be PCI
        const std::string nearest = without_bus ? driver + "-device" : nearest_word(driver, known);
        std::string all;
        for (const std::string& each : known)
            all += (all.empty() ? "" : ", ") + each;
        properties.fail("'" + driver + "', expected " +
                        (nearest.empty() ? all : nearest + "; there are " + all));
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
