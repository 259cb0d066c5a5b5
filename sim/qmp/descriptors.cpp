#include "sim/qmp/descriptors.h"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

namespace vmcore::sim::qmp {

/// Links followed, as many as Linux follows.
static constexpr unsigned most_links = 40;

/// Whether a directory is where this process, or one of its threads, finds its descriptors, as a link each.
static bool lists_own_descriptors(const std::filesystem::path& directory) {
    const std::string start = "/proc/" + std::to_string(getpid()) + "/";
    std::error_code missing;
    const std::filesystem::path whole = std::filesystem::canonical(directory, missing);
    return whole.string().rfind(start, 0) == 0 && whole.filename() == "fd";
}

/// /dev/stdout and its like are links to such links, of which the last is no name to be read.
void expect_no_descriptor(const std::string& file) {
    std::filesystem::path name = file;
    std::error_code failure;
    for (unsigned links = 0; links < most_links && std::filesystem::is_symlink(name, failure); ++links) {
        const std::filesystem::path directory = name.has_parent_path() ? name.parent_path() : ".";
        if (lists_own_descriptors(directory))
            throw error("'" + file + "' is a descriptor of the simulator, expected a file, or fd: with the " +
                        "name that getfd gave to a descriptor");
        name = directory / std::filesystem::read_symlink(name, failure);
    }
}

} // namespace vmcore::sim::qmp
