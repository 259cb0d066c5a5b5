#pragma once

#include "models/dump/arch.h"
#include "models/dump/guest_state.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore {

/// A CPU of which nothing but its registers is there.
class cpu_state : public cpu_context {
public:
    /// @param name as cpu_context::register_value() knows it
    void set(std::string name, uint64_t value) { m_registers[std::move(name)] = value; }
    std::optional<uint64_t> register_value(std::string_view name) const override;

private:
    std::map<std::string, uint64_t, std::less<>> m_registers;
};

/// The CPUs of a machine at one moment.
struct cpu_states {
    std::string target; ///< one of dump_targets()
    std::vector<cpu_state> cpus;
};

/// Names of the registers that the target's notes have a place for, sorted.
std::vector<std::string> noted_registers(const dump_target& target);

/// Bits of x86's EFER: the CPU may use long mode, and does.
namespace x86_efer {
constexpr uint64_t lme = uint64_t(1) << 8;
constexpr uint64_t lma = uint64_t(1) << 10;
} // namespace x86_efer

/// The most CPUs that read_core_cpus() takes.
constexpr size_t most_core_cpus = 1024;

/// Reads the CPUs' notes of an ELF core of any target, whoever wrote it. The file may be cut off behind its
/// notes; nothing but its headers and its first PT_NOTE is looked at.
/// @throws std::runtime_error saying in one line what is wrong with the file
cpu_states read_core_cpus(const std::vector<uint8_t>& file);

} // namespace vmcore
