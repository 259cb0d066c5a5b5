#include "platform/virt/firmware_files.h"

#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace vmcore::virt {

static const std::string qemu_name = "opensbi-riscv64-generic-fw_dynamic.bin";
static const std::string debian_name = "fw_dynamic.bin";

static bool is_there(const std::string& path) {
    std::error_code none;
    return std::filesystem::exists(path, none) && !std::filesystem::is_directory(path, none);
}

const std::vector<std::string>& firmware_directories() {
    static const std::vector<std::string> directories{"/usr/local/share/qemu", "/usr/share/qemu",
                                                      "/usr/lib/riscv64-linux-gnu/opensbi/generic"};
    return directories;
}

std::string find_firmware(const std::string& name, const std::vector<std::string>& directories) {
    if (is_there(name))
        return name;
    for (const std::string& directory : directories)
        if (const std::string path = directory + '/' + name; is_there(path))
            return path;
    return name;
}

std::string find_default_firmware(const std::vector<std::string>& directories) {
    std::string looked_into;
    for (const std::string& directory : directories) {
        for (const std::string& name : {qemu_name, debian_name})
            if (const std::string path = directory + '/' + name; is_there(path))
                return path;
        looked_into += (looked_into.empty() ? "" : ", ") + directory;
    }
    throw std::runtime_error("-bios default: no " + qemu_name + " and no " + debian_name + " in " +
                             looked_into + "; the package opensbi has it, -L DIR names another directory");
}

} // namespace vmcore::virt
