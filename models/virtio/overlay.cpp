#include "models/virtio/overlay.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace vmcore {

overlay::overlay(uint64_t size)
    : m_present((size + block_bytes - 1) / block_bytes) {
    const char* directory = std::getenv("TMPDIR");
    std::string path = std::string(directory && *directory ? directory : "/var/tmp") + "/vmcore-vp-XXXXXX";
    m_file = mkostemp(path.data(), O_CLOEXEC);
    if (m_file < 0)
        throw std::runtime_error("cannot make a temporary file '" + path + "': " + std::strerror(errno) +
                                 ", expected TMPDIR to be a directory that can be written");
    unlink(path.c_str());
}

overlay::~overlay() {
    close(m_file);
}

} // namespace vmcore
