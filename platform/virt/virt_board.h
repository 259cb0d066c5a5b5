#pragma once

#include "models/bus/bus.h"
#include "models/clint/clint.h"
#include "models/fw_cfg/fw_cfg.h"
#include "models/goldfish_rtc/goldfish_rtc.h"
#include "models/memory/memory.h"
#include "models/plic/plic.h"
#include "models/pvpanic/pvpanic.h"
#include "models/riscv/hart.h"
#include "models/test_finisher/test_finisher.h"
#include "models/uart16550/uart16550.h"
#include "models/vmcoreinfo/vmcoreinfo.h"
#include "platform/board.h"
#include "platform/image_list.h"
#include "platform/quirk_reporter.h"
#include "platform/virt/hart_debug.h"
#include "platform/virt/virt_config.h"
#include "platform/virt/virtio_slots.h"

#include <map>
#include <memory>
#include <systemc>
#include <vector>

namespace vmcore::virt {

/// A RISC-V board with the memory map of qemu-system-riscv64 -M virt: harts, RAM, mask ROM, UART, CLINT,
/// PLIC, real-time clock, test finisher, fw_cfg, slots of virtio_mmio and, on request, the vmcoreinfo and
/// pvpanic devices and virtio devices.
class virt_board : public sc_core::sc_module, public board {
public:
    /// @param power told when the guest powers off, fails or resets itself
    /// @throws std::runtime_error naming the option and the file that cannot be used
    virt_board(const sc_core::sc_module_name& name, const virt_config& config, power_control& power);

    void reset() override;
    bool busy() const override { return m_fw_cfg.dma_in_progress(); }
    void yield() override;
    void hold() override;
    void release() override;
    std::string target() const override { return "riscv64"; }
    bus& memory_bus() override { return m_bus; }
    bus* port_bus() override { return nullptr; }
    std::vector<interrupt_device> interrupt_devices() const override;
    std::vector<const cpu_context*> cpus() const override;
    std::string cpu_path(unsigned index) const override;
    std::string registers_text(unsigned cpu) const override;
    std::optional<uint64_t> register_value(unsigned cpu, const std::string& name) const override;
    debug_target* debugged(unsigned cpu) override;
    uint64_t instructions() const override;
    const vmcoreinfo_source* vmcoreinfo() const override { return m_vmcoreinfo.get(); }
    post_mortem_view post_mortem() const override;
    void on_publish(std::function<void()> callback) override;

    std::vector<memory_range> ranges() const override;

    void flush_console() override {
        m_uart.flush_output();
        m_virtio.flush_output();
    }

private:
    /// A hart as the dump engine sees it.
    class hart_context : public cpu_context {
    public:
        explicit hart_context(const hart& described)
            : m_hart(described) {}
        std::optional<uint64_t> register_value(std::string_view name) const override;

    private:
        const hart& m_hart;
    };

    void add_hart(unsigned index, const virt_config& config);
    void add_firmware_files(const virt_config& config);
    void load_images(const virt_config& config);
    void add_pvpanic(const virt_config& config);
    void report_trap_loop(const hart& caught);
    std::optional<quirk_reporter::initiator> initiator() const;

    bus m_bus;
    memory m_ram;
    memory m_rom;
    fw_cfg m_fw_cfg;
    std::unique_ptr<vmcore::vmcoreinfo> m_vmcoreinfo;
    std::unique_ptr<uart_backend> m_console;
    uart16550 m_uart;
    clint m_clint;
    plic m_plic;
    goldfish_rtc m_rtc;
    test_finisher m_finisher;
    std::unique_ptr<vmcore::pvpanic> m_pvpanic;
    power_control& m_power;
    // Tools from outside may drive a line besides the device that does.
    using wire = sc_core::sc_signal<bool, sc_core::SC_UNCHECKED_WRITERS>;
    sc_core::sc_vector<wire> m_msip;
    sc_core::sc_vector<wire> m_mtip;
    sc_core::sc_vector<wire> m_meip;
    sc_core::sc_vector<wire> m_seip;
    sc_core::sc_vector<interrupt_wire> m_irq; ///< by the PLIC's source; [0] is none
    virtio_slots m_virtio;
    std::vector<std::unique_ptr<hart>> m_harts;
    std::vector<hart_context> m_contexts;
    std::vector<std::unique_ptr<hart_debug>> m_debuggers; ///< made when somebody asks
    std::unique_ptr<quirk_reporter> m_quirks;
    image_list m_images;
    std::map<unsigned, uint64_t> m_entries; ///< of harts that do not start with the reset vector
};

} // namespace vmcore::virt
