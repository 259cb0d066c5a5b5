#include "sim/virtio_options.h"

#include "platform/virt/memory_map.h"

#include <algorithm>

namespace vmcore::sim {

using device = virt::virtio_config::device;

void virtio_options::add_drive(const std::string& option, const std::string& value) {
    key_values properties(option, value, "file");
    drive added{option, properties.take("id"), false, {}, false};
    const std::string where = properties.take("if", "virtio");
    const std::string format = properties.take("format");
    added.image.file = properties.take("file");
    added.image.option = option;
    added.image.read_only = properties.take_switch("readonly", false);
    added.image.snapshot = properties.take_switch("snapshot", false);
    added.image.probe = format.empty();
    const std::string media = properties.take("media", "disk");
    properties.expect_empty();

    if (where != "none" && where != "virtio")
        properties.fail("if=" + where + ", expected none or virtio");
    if (!format.empty() && format != "raw")
        properties.fail("format=" + format + ", expected raw");
    if (media != "disk")
        properties.fail("media=" + media + ", expected disk");
    if (added.image.file.empty())
        properties.fail("the file is missing, expected file=F");
    added.own_device = where == "virtio";
    if (!added.own_device && added.id.empty())
        properties.fail("the id is missing, expected if=none,id=X");
    for (const drive& other : m_drives)
        if (!added.id.empty() && other.id == added.id)
            properties.fail("the id '" + added.id + "' is there twice");
    m_drives.push_back(added);
}

const std::vector<std::string>& virtio_options::drivers() {
    static const std::vector<std::string> names{"virtio-blk-device", "virtio-serial-device", "virtconsole",
                                                "virtio-rng-device"};
    return names;
}

bool virtio_options::has_driver(const std::string& driver) {
    return std::count(drivers().begin(), drivers().end(), driver) != 0;
}

void virtio_options::add_device(const std::string& option, const std::string& driver,
                                key_values& properties) {
    properties.take("id"); // nothing refers to it
    if (driver == "virtconsole")
        return add_console(option, properties);
    m_devices.emplace_back();
    m_options.push_back(option);
    m_drive_ids.emplace_back();
    if (driver == "virtio-blk-device")
        add_block(option, properties);
    else
        m_devices.back().what = driver == "virtio-rng-device" ? device::kind::entropy : device::kind::console;
    properties.expect_empty();
    if (m_devices.size() > virt::virtio_slot_count)
        properties.fail(driver + ": no slot is left, expected " + std::to_string(virt::virtio_slot_count) +
                        " virtio devices at most");
}

void virtio_options::add_block(const std::string&, key_values& properties) {
    m_devices.back().what = device::kind::block;
    m_drive_ids.back() = properties.take("drive");
    m_devices.back().serial = properties.take("serial");
    if (m_drive_ids.back().empty())
        properties.fail("virtio-blk-device: the drive is missing, expected drive=ID of a -drive");
}

/// The first virtio-serial-device that has no console yet gets it.
void virtio_options::add_console(const std::string& option, key_values& properties) {
    const console added{option, properties.take("chardev"), m_devices.size()};
    properties.expect_empty();
    if (added.chardev.empty())
        properties.fail("virtconsole: the chardev is missing, expected chardev=ID of a -chardev");
    for (size_t index = 0; index < m_devices.size(); ++index) {
        const auto is_here = [index](const console& other) { return other.device == index; };
        if (m_devices[index].what == device::kind::console &&
            std::none_of(m_consoles.begin(), m_consoles.end(), is_here)) {
            m_consoles.push_back({added.option, added.chardev, index});
            return;
        }
    }
    properties.fail("virtconsole: no place for it, expected one -device virtio-serial-device before each");
}

void virtio_options::set_global(const std::string& option, const std::string& value) {
    static const std::string known = "virtio-mmio.force-legacy";
    const size_t equals = value.find('=');
    if (equals == std::string::npos || value.substr(0, equals) != known)
        throw usage_error(option + ": '" + value + "', expected " + known + "=on|off");
    m_legacy = parse_switch(option + " " + known, value.substr(equals + 1));
}

/// Devices of drives that have their own come behind those that -device names.
void virtio_options::add_own_devices() {
    for (drive& each : m_drives)
        if (each.own_device && !each.taken) {
            m_devices.emplace_back();
            m_devices.back().image = each.image;
            m_options.push_back(each.option);
            m_drive_ids.emplace_back();
        }
    if (m_devices.size() > virt::virtio_slot_count)
        throw usage_error("-drive: no slot is left, expected " + std::to_string(virt::virtio_slot_count) +
                          " virtio devices at most");
}

void virtio_options::resolve(protocol_options& chardevs, virt::virtio_config& result) {
    for (size_t index = 0; index < m_devices.size(); ++index) {
        const std::string& id = m_drive_ids[index];
        if (id.empty())
            continue;
        const auto found = std::find_if(m_drives.begin(), m_drives.end(),
                                        [&](const drive& each) { return each.id == id && !each.own_device; });
        if (found == m_drives.end())
            throw usage_error(m_options[index] + ": drive " + id +
                              " is not there, expected -drive if=none with this id");
        if (found->taken)
            throw usage_error(m_options[index] + ": drive " + id + " is in use by another device");
        found->taken = true;
        m_devices[index].image = found->image;
    }
    for (const console& each : m_consoles) {
        m_devices[each.device].line = chardevs.take_line(each.option, each.chardev);
        m_devices[each.device].option = "-chardev";
    }
    add_own_devices();
    result.devices = m_devices;
    result.legacy = m_legacy;
}

} // namespace vmcore::sim
