#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace vmcore::test {

/// A file with the contents given, gone with the object.
class temporary_file {
public:
    explicit temporary_file(const std::vector<uint8_t>& contents) {
        ::close(::mkstemp(m_path.data()));
        std::ofstream(m_path, std::ios::binary)
            .write(reinterpret_cast<const char*>(contents.data()),
                   static_cast<std::streamsize>(contents.size()));
    }
    ~temporary_file() { ::unlink(m_path.c_str()); }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;

    const std::string& path() const { return m_path; }

private:
    std::string m_path = "/tmp/vmcore-test-XXXXXX";
};

} // namespace vmcore::test
