#pragma once

#include "platform/virt/virtio_config.h"
#include "sim/key_values.h"
#include "sim/protocol_options.h"

#include <string>
#include <vector>

namespace vmcore::sim {

/// -drive, the virtio drivers of -device, and -global: what goes into the virtio_mmio slots. Functions that
/// take an option take it as typed, for messages, and its value.
/// @throws usage_error (all of them)
class virtio_options {
public:
    void add_drive(const std::string& option, const std::string& value);
    /// Whether -device names a virtio driver.
    static bool has_driver(const std::string& driver);
    static const std::vector<std::string>& drivers();
    /// @param properties of the device, without its driver; all must be known
    void add_device(const std::string& option, const std::string& driver, key_values& properties);
    void set_global(const std::string& option, const std::string& value);

    /// To be called when all options are known: devices find their drives and chardevs.
    void resolve(protocol_options& chardevs, virt::virtio_config& result);

private:
    struct drive {
        std::string option;
        std::string id;
        bool own_device; ///< if=virtio: there is a device for it
        disk_image::config image;
        bool taken;
    };
    struct console {
        std::string option;
        std::string chardev; ///< id
        size_t device;       ///< index of the virtio-serial-device
    };

    void add_block(const std::string& option, key_values& properties);
    void add_console(const std::string& option, key_values& properties);
    void add_own_devices();

    std::vector<drive> m_drives;
    std::vector<std::string> m_drive_ids; ///< by device; empty for none
    std::vector<std::string> m_options;   ///< by device
    std::vector<console> m_consoles;
    std::vector<virt::virtio_config::device> m_devices;
    bool m_legacy = true;
};

} // namespace vmcore::sim
