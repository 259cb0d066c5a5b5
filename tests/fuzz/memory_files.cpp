#include "tests/fuzz/memory_files.h"

#include "platform/files.h"

#include <algorithm>
#include <stdexcept>

static std::function<std::vector<uint8_t>(const std::string&)> memory_contents;

void vmcore::fuzz::set_memory_files(std::function<std::vector<uint8_t>(const std::string& path)> contents) {
    memory_contents = std::move(contents);
}

/// In place of platform/files.cpp, whose object the linker leaves in its archive then.
std::vector<uint8_t> vmcore::read_file(const std::string& option, const std::string& path, uint64_t at_most) {
    try {
        std::vector<uint8_t> contents = memory_contents(path);
        contents.resize(std::min<uint64_t>(contents.size(), at_most));
        return contents;
    } catch (const std::exception&) {
        throw std::runtime_error(option + ": cannot read '" + path + "': No such file or directory");
    }
}
