#pragma once

#include "models/bus/bus.h"
#include "models/fw_cfg/fw_cfg_io.h"
#include "models/memory/memory.h"
#include "models/vmcoreinfo/vmcoreinfo.h"
#include "platform/board.h"
#include "platform/board_config.h"
#include "platform/image_list.h"
#include "platform/pc/memory_map.h"
#include "platform/quirk_reporter.h"

#include <memory>
#include <systemc>
#include <vector>

namespace vmcore::pc {

/// Memory and fw_cfg of qemu-system-x86_64 -M pc: RAM, ROMs, a bus of I/O ports with fw_cfg, and on request
/// the vmcoreinfo device. No CPU executes: an initiator on memory_bus() and port_bus() plays it. With
/// board_config::cpu_state there are CPUs for a dump to tell of, and the board is one whose firmware has run:
/// below 1 MiB there is RAM only.
class pc_board : public sc_core::sc_module, public board {
public:
    /// @throws std::runtime_error naming the option and the file that cannot be used
    pc_board(const sc_core::sc_module_name& name, const board_config& config);

    void reset() override;
    bool busy() const override { return m_fw_cfg.dma_in_progress(); }
    void yield() override {}
    void hold() override {}
    void release() override {}
    std::string target() const override { return m_cpus.target; }
    bus& memory_bus() override { return m_memory_bus; }
    bus* port_bus() override { return &m_port_bus; }
    std::vector<interrupt_device> interrupt_devices() const override;
    std::string cpu_path(unsigned index) const override;
    std::vector<const cpu_context*> cpus() const override;
    uint64_t instructions() const override { return 0; }
    const vmcoreinfo_source* vmcoreinfo() const override { return m_vmcoreinfo.get(); }
    void on_publish(std::function<void()> callback) override;
    std::vector<memory_range> ranges() const override;
    post_mortem_view post_mortem() const override;
    void flush_console() override {}

private:
    void map_memory(const board_config& config);
    void load_images(const board_config& config);
    std::vector<image_target> image_targets();

    using wire = sc_core::sc_signal<bool, sc_core::SC_MANY_WRITERS>;

    cpu_states m_cpus{"x86_64", {}};
    low_area m_low_area;
    uint64_t m_ram_size;
    bus m_memory_bus;
    bus m_port_bus;
    memory m_ram;
    std::unique_ptr<memory> m_option_rom; ///< null: there is RAM in its place
    memory m_bios_rom;
    fw_cfg_io m_fw_cfg;
    std::unique_ptr<vmcore::vmcoreinfo> m_vmcoreinfo;
    std::unique_ptr<quirk_reporter> m_quirks;
    image_list m_images;
    /// Inputs of the I/O APIC, which is not here: they lie open for whoever looks at them or drives them.
    sc_core::sc_vector<wire> m_interrupts;
};

} // namespace vmcore::pc
