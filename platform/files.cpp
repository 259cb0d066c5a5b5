#include "platform/files.h"

#include "platform/host_pages.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace vmcore {

static constexpr uint64_t gibibyte = uint64_t(1) << 30;
static constexpr uint64_t longest_file = 64 * gibibyte;  ///< as much as the largest RAM
static constexpr uint64_t longest_stream = gibibyte / 4; ///< of what tells no length: some devices never end

namespace {

class open_file {
public:
    explicit open_file(const std::string& path)
        : number(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    ~open_file() {
        if (number >= 0)
            ::close(number);
    }
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;

    const int number;
};

} // namespace

std::vector<uint8_t> read_file(const std::string& option, const std::string& path, uint64_t at_most) {
    const auto fail = [&](const std::string& reason) {
        return std::runtime_error(option + ": cannot read '" + path + "': " + reason);
    };
    const open_file file(path);
    struct stat found;
    if (file.number < 0 || ::fstat(file.number, &found) != 0)
        throw fail(std::strerror(errno));
    if (S_ISDIR(found.st_mode))
        throw fail("it is a directory");

    const uint64_t told =
        S_ISREG(found.st_mode) ? std::min(static_cast<uint64_t>(found.st_size), at_most) : 0;
    const uint64_t longest = told > 0 ? longest_file : longest_stream;
    std::vector<uint8_t> bytes;
    uint64_t length = 0;
    while (length < at_most) {
        if (std::max(told, length) > longest)
            throw fail("it is too long, expected at most " + std::to_string(longest >> 20) + " MiB");
        if (length == bytes.size()) {
            bytes.reserve(length == 0 ? told + 1 : 2 * length + 65536); // one more than told, to see the end
            prefer_huge_pages({bytes.data(), bytes.capacity()});
            bytes.resize(bytes.capacity());
        }
        const ssize_t count = ::read(file.number, bytes.data() + length, bytes.size() - length);
        if (count < 0 && errno != EINTR)
            throw fail(std::strerror(errno));
        if (count == 0)
            break;
        length += static_cast<uint64_t>(std::max<ssize_t>(count, 0));
    }
    bytes.resize(std::min(length, at_most));
    return bytes;
}

} // namespace vmcore
