#include "platform/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace vmcore {

std::vector<uint8_t> read_file(const std::string& option, const std::string& path) {
    const auto fail = [&](const std::string& reason) {
        return std::runtime_error(option + ": cannot read '" + path + "': " + reason);
    };
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        throw fail("it is a directory");
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw fail(std::strerror(errno));
    std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file.bad())
        throw fail(std::strerror(errno));
    return bytes;
}

} // namespace vmcore
