#pragma once

#include "sim/io/file_descriptor.h"
#include "sim/qmp/arguments.h"

#include <cctype>
#include <map>
#include <string>
#include <vector>

namespace vmcore::sim::qmp {

/// Refuses a file's name that stands for a descriptor of this process: those are none of a client's, which
/// passes its own (getfd).
/// @throws error
void expect_no_descriptor(const std::string& file);

/// The descriptors that a client has passed, and the names that it gave them (getfd, closefd).
class descriptors {
public:
    /// How many a client may keep.
    static constexpr size_t max_kept = 64;

    /// What came with the latest input takes the place of what came before and got no name.
    void arrive(std::vector<file_descriptor> came) {
        if (!came.empty())
            m_arrived = std::move(came);
    }

    /// @throws error (all that follow)
    void keep(const std::string& name) {
        if (m_arrived.empty())
            throw error("No file descriptor supplied via SCM_RIGHTS");
        file_descriptor first = std::move(m_arrived.front());
        m_arrived.erase(m_arrived.begin());
        if (!name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) != 0)
            throw error("Parameter 'fdname' expects a name not starting with a digit");
        if (m_kept.size() == max_kept && m_kept.count(name) == 0)
            throw error("Too many file descriptors are kept, expected at most " + std::to_string(max_kept));
        m_kept[name] = std::move(first);
    }

    void close(const std::string& name) {
        if (m_kept.erase(name) == 0)
            throw error("File descriptor named '" + name + "' not found");
    }

    file_descriptor take(const std::string& name) {
        const auto found = m_kept.find(name);
        if (found == m_kept.end())
            throw error("File descriptor named '" + name + "' has not been found");
        file_descriptor taken = std::move(found->second);
        m_kept.erase(found);
        return taken;
    }

private:
    std::vector<file_descriptor> m_arrived;
    std::map<std::string, file_descriptor> m_kept;
};

} // namespace vmcore::sim::qmp
