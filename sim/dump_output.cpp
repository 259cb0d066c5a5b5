#include "sim/dump_output.h"

#include "sim/key_values.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace vmcore::sim {

/// A number of a descriptor, or none where the text is something else.
static std::optional<int> descriptor_number(const std::string& text) {
    constexpr size_t most_digits = 9;
    if (text.empty() || text.size() > most_digits || !std::all_of(text.begin(), text.end(), ::isdigit))
        return std::nullopt;
    return std::stoi(text);
}

std::optional<int> descriptor_named(const std::string& option, const std::string& name) {
    if (name == "-" || name == "/dev/stdout")
        return STDOUT_FILENO;
    if (name == "/dev/stderr")
        return STDERR_FILENO;
    for (const std::string start : {"fd:", "/dev/fd/", "/proc/self/fd/"}) {
        if (name.compare(0, start.size(), start) != 0)
            continue;
        const std::optional<int> number = descriptor_number(name.substr(start.size()));
        if (!number && start == "fd:")
            throw usage_error(option + ": '" + name +
                              "', expected fd:N with the number of an open descriptor");
        return number;
    }
    return std::nullopt;
}

bool leads_to(const std::string& path, int descriptor) {
    struct stat named {};
    struct stat opened {};
    if (stat(path.c_str(), &named) != 0 || fstat(descriptor, &opened) != 0)
        return false;
    struct stat nothing {};
    const bool is_lost = S_ISCHR(named.st_mode) && stat("/dev/null", &nothing) == 0 &&
                         named.st_rdev == nothing.st_rdev; // where nothing can mix
    return named.st_dev == opened.st_dev && named.st_ino == opened.st_ino && !is_lost;
}

bool can_seek(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) != 0 || !S_ISFIFO(found.st_mode);
}

bool can_seek(int descriptor) {
    return lseek(descriptor, 0, SEEK_CUR) >= 0;
}

bool needs_seeking(const std::string& format) {
    return format.rfind("kdump-raw-", 0) == 0;
}

dump_output::dump_output(const std::string& name, const std::string& format)
    : m_file(name) {
    bool seeks = true;
    if (const std::optional<int> number = descriptor_named("--dump", name)) {
        take(*number);
        seeks = can_seek(*number);
    } else {
        try {
            output_file::check(name);
        } catch (const std::system_error& error) {
            throw std::runtime_error(std::string("--dump: ") + error.what());
        }
        seeks = can_seek(name);
    }
    if (needs_seeking(format) && !seeks)
        throw std::runtime_error("--dump: '" + name + "': " + format + " needs a file to seek in, expected " +
                                 "kdump-" + format.substr(std::strlen("kdump-raw-")) + " for a stream");
}

/// The standard descriptors stay as well: what else is written there must not end up in another file.
void dump_output::take(int number) {
    m_streams = true;
    const int flags = fcntl(number, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
        throw std::runtime_error("--dump: '" + m_file + "': descriptor " + std::to_string(number) + " is " +
                                 (flags < 0 ? "not open" : "open for reading only") +
                                 ", expected one that is open for writing");
    struct stat status {};
    if ((flags & O_APPEND) != 0 && fstat(number, &status) == 0 && S_ISREG(status.st_mode))
        throw std::runtime_error("--dump: '" + m_file + "': descriptor " + std::to_string(number) +
                                 " is open for appending to a file, expected one that is written in place");
    const int taken = number > STDERR_FILENO ? number : fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (taken < 0)
        throw std::runtime_error("--dump: '" + m_file + "': " + std::strerror(errno));
    m_opened = std::make_shared<opened_file>(taken, m_file);
}

bool dump_output::provide(dump_request& request) {
    request.file = m_file;
    if (!m_streams)
        return true;
    request.opened = std::exchange(m_opened, nullptr);
    return request.opened != nullptr;
}

} // namespace vmcore::sim
