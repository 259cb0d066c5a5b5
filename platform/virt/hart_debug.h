#pragma once

#include "models/riscv/hart.h"
#include "models/tlm/debug_target.h"

namespace vmcore::virt {

/// A hart as its debugger sees it: registers under gdb's names and QEMU's numbers - x0 to x31, pc (32), f0 to
/// f31 (33), priv (65), and the CSRs that the hart has (66 + number).
class hart_debug : public debug_target {
public:
    /// @param code_changed called when memory was written that any hart may execute
    hart_debug(hart& debugged, std::function<void()> code_changed);

    std::string architecture() const override { return "riscv:rv64"; }
    const std::vector<debug_feature>& features() const override { return m_features; }
    unsigned program_counter() const override;
    std::optional<uint64_t> read_register(unsigned number) const override;
    bool write_register(unsigned number, uint64_t value) override;
    bool read_memory(uint64_t address, uint8_t* to, size_t size) override;
    bool write_memory(uint64_t address, const uint8_t* from, size_t size) override;
    void set_breakpoints(std::vector<uint64_t> addresses) override;
    void set_watchpoints(std::vector<watchpoint> watched) override;
    void set_run(debug_run mode, bool masks_interrupts) override;
    bool sleeps() const override { return m_hart.waiting(); }
    std::optional<debug_stop> take_stop() override { return m_hart.debug().take_stop(); }
    void on_stop(std::function<void()> callback) override { m_hart.on_debug_stop(std::move(callback)); }

private:
    bool move(tlm::tlm_command command, uint64_t address, uint8_t* data, size_t size);

    hart& m_hart;
    std::function<void()> m_code_changed;
    std::vector<debug_feature> m_features;
};

} // namespace vmcore::virt
