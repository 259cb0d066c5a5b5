#pragma once

#include <filesystem>
#include <set>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace vmcore::test {

/// A directory of a test's own, removed with all that is in it.
class temporary_directory {
public:
    temporary_directory() {
        std::string path = std::filesystem::temp_directory_path() / "vmcore-dump-XXXXXX";
        if (!::mkdtemp(path.data()))
            throw std::runtime_error("cannot create " + path);
        m_path = path;
    }
    ~temporary_directory() { std::filesystem::remove_all(m_path); }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;

    std::string operator/(const std::string& name) const { return m_path + "/" + name; }
    const std::string& path() const { return m_path; }

    /// Names of everything in it, hidden files too.
    std::set<std::string> names() const {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(m_path))
            names.insert(entry.path().filename().string());
        return names;
    }

private:
    std::string m_path;
};

} // namespace vmcore::test
