#include "platform/virt/virt_board.h"

#include "models/dump/riscv_state_note.h"
#include "platform/board_parts.h"
#include "platform/virt/boot_images.h"
#include "platform/virt/register_text.h"

#include <sstream>

namespace vmcore::virt {

static uart16550::config uart_config(const virt_config& config) {
    uart16550::config result;
    result.access_latency = config.register_latency;
    result.poll_interval = config.serial_poll_interval;
    return result;
}

static vmcore::clint::config clint_config(const virt_config& config) {
    vmcore::clint::config result;
    result.harts = config.cpus;
    result.frequency_hz = timebase_hz;
    result.access_latency = config.register_latency;
    return result;
}

/// Contexts are M and S mode of the first hart, of the second, ...
static vmcore::plic::config plic_config(const virt_config& config) {
    vmcore::plic::config result;
    result.sources = irqs::last;
    result.contexts = 2 * config.cpus;
    result.access_latency = config.register_latency;
    return result;
}

static goldfish_rtc::config rtc_config(const virt_config& config) {
    goldfish_rtc::config result;
    result.start = config.rtc_start;
    result.access_latency = config.register_latency;
    return result;
}

static test_finisher::config finisher_config(const virt_config& config) {
    test_finisher::config result;
    result.access_latency = config.register_latency;
    return result;
}

virt_board::virt_board(const sc_core::sc_module_name& name, const virt_config& config, power_control& power)
    : sc_core::sc_module(name)
    , m_bus("bus", bus_config(config))
    , m_ram("ram", ram_config(config, config.ram_size))
    , m_rom("rom", rom_config(config, regions::mask_rom.size))
    , m_fw_cfg("fw_cfg", fw_cfg_config(config))
    , m_console(make_backend(config.serial))
    , m_uart("uart0", uart_config(config), *m_console)
    , m_clint("clint", clint_config(config))
    , m_plic("plic", plic_config(config))
    , m_rtc("rtc", rtc_config(config))
    , m_finisher("finisher", finisher_config(config), power)
    , m_power(power)
    , m_msip("msip", config.cpus)
    , m_mtip("mtip", config.cpus)
    , m_meip("meip", config.cpus)
    , m_seip("seip", config.cpus)
    , m_irq("irq", irqs::last + 1)
    , m_virtio(config, m_bus, m_irq)
    , m_images({{"RAM", ram_base, config.ram_size, m_ram.data()},
                {"mask ROM", regions::mask_rom.base, regions::mask_rom.size, m_rom.data()}}) {
    m_bus.map("mask_rom", regions::mask_rom.base, regions::mask_rom.size, m_rom.socket);
    m_bus.map("test", regions::test.base, regions::test.size, m_finisher.socket);
    m_bus.map("rtc", regions::rtc.base, goldfish_rtc::size, m_rtc.socket);
    m_bus.map("clint", regions::clint.base, regions::clint.size, m_clint.socket);
    m_bus.map("plic", regions::plic.base, regions::plic.size, m_plic.socket);
    m_bus.map("uart0", regions::uart0.base, regions::uart0.size, m_uart.socket);
    m_bus.map("fw_cfg", regions::fw_cfg.base, regions::fw_cfg.size, m_fw_cfg.socket);
    m_bus.map("ram", ram_base, config.ram_size, m_ram.socket);
    m_fw_cfg.dma.socket.bind(m_bus.target_socket);
    m_plic.source.bind(m_irq);
    m_uart.irq(m_irq[irqs::uart0]);
    m_rtc.irq(m_irq[irqs::rtc]);
    add_pvpanic(config);

    m_contexts.reserve(config.cpus);
    for (unsigned index = 0; index < config.cpus; ++index)
        add_hart(index, config);
    add_firmware_files(config);
    if (config.strict)
        m_quirks =
            std::make_unique<quirk_reporter>(m_fw_cfg, m_vmcoreinfo.get(), [this] { return initiator(); });
    load_images(config);
}

void virt_board::add_hart(unsigned index, const virt_config& config) {
    hart::config settings;
    settings.hartid = index;
    settings.reset_pc = regions::mask_rom.base;
    settings.clock_period = config.clock_period;
    settings.quantum = config.quantum;
    settings.dmi = config.dmi;
    settings.block_cache = config.block_cache;
    settings.sole_hart = config.cpus == 1;
    settings.isa = config.isa;
    const std::string name = "hart" + std::to_string(index);
    m_harts.push_back(std::make_unique<hart>(name.c_str(), settings, m_clint));
    hart& added = *m_harts.back();
    added.socket.bind(m_bus.target_socket);
    m_clint.msip[index](m_msip[index]);
    m_clint.mtip[index](m_mtip[index]);
    added.msip(m_msip[index]);
    added.mtip(m_mtip[index]);
    added.meip(m_meip[index]);
    added.seip(m_seip[index]);
    m_plic.external[2 * index](m_meip[index]);
    m_plic.external[2 * index + 1](m_seip[index]);
    m_contexts.emplace_back(added);
    if (config.trap_loop_panics && has_guest(config))
        added.on_trap_loop([this, &added] { report_trap_loop(added); });
}

/// Exit code 1: there is none that the guest could have given.
void virt_board::report_trap_loop(const hart& caught) {
    std::ostringstream text;
    text << caught.name() << ": trap loop: the trap handler at 0x" << std::hex << caught.pc()
         << " traps itself (" << (caught.mode() == riscv::privilege::machine ? "mcause" : "scause") << " 0x"
         << caught.csr(caught.mode() == riscv::privilege::machine ? 0x342 : 0x142).value_or(0) << ')';
    SC_REPORT_WARNING("/vmcore/virt/trap_loop", text.str().c_str());
    m_power.guest_panicked(1);
}

void virt_board::add_pvpanic(const virt_config& config) {
    if (!config.pvpanic_events)
        return;
    vmcore::pvpanic::config settings;
    settings.events = *config.pvpanic_events;
    settings.access_latency = config.register_latency;
    m_pvpanic = std::make_unique<vmcore::pvpanic>("pvpanic", settings);
    m_bus.map("pvpanic", regions::pvpanic.base, regions::pvpanic.size, m_pvpanic->socket);
    m_pvpanic->on_event([this](vmcore::pvpanic::event told) {
        switch (told) {
        case vmcore::pvpanic::panicked: m_power.guest_panicked(0); break;
        case vmcore::pvpanic::crash_loaded: m_power.notice(guest_notice::crash_loaded); break;
        case vmcore::pvpanic::shutdown:
            m_power.notice(guest_notice::shutting_down);
            m_power.request_shutdown(shutdown_cause::guest_shutdown, 0);
        }
    });
}

std::optional<uint64_t> virt_board::hart_context::register_value(std::string_view name) const {
    if (name == "priv")
        return static_cast<uint64_t>(m_hart.mode());
    for (const riscv_csr& csr : riscv_csrs())
        if (name == csr.name)
            return m_hart.csr(csr.number);
    for (unsigned i = 0; i < 32; ++i)
        if (m_hart.has_f() && name == "f" + std::to_string(i))
            return m_hart.f(i);
    return find_register(m_hart, std::string(name));
}

std::optional<quirk_reporter::initiator> virt_board::initiator() const {
    for (const auto& each : m_harts)
        if (each->is_current())
            return quirk_reporter::initiator{each->hartid(), each->pc()};
    return std::nullopt;
}

/// In QEMU's order: the board's own items, the user's files, then devices.
void virt_board::add_firmware_files(const virt_config& config) {
    add_common_items(m_fw_cfg.items(), config);
    m_vmcoreinfo = add_users_items(m_fw_cfg, config);
}

void virt_board::load_images(const virt_config& config) {
    require_guest(config);
    boot_images boot = load_boot_images(config);
    for (image& loaded : boot.images)
        m_images.add(std::move(loaded));
    m_entries = std::move(boot.entries);
}

void virt_board::reset() {
    for (peripheral* device :
         std::initializer_list<peripheral*>{&m_fw_cfg, &m_uart, &m_clint, &m_plic, &m_rtc, &m_finisher})
        device->reset();
    m_virtio.reset();
    if (m_vmcoreinfo)
        m_vmcoreinfo->reset();
    m_images.write_all();
    for (const auto& each : m_harts)
        each->reset();
    for (const auto& [number, entry] : m_entries)
        m_harts[number]->set_pc(entry);
}

void virt_board::yield() {
    for (const auto& each : m_harts)
        each->yield();
}

void virt_board::hold() {
    for (const auto& each : m_harts)
        each->hold();
}

void virt_board::release() {
    for (const auto& each : m_harts)
        each->release();
}

std::string virt_board::cpu_path(unsigned index) const {
    return "/machine/soc0/harts[" + std::to_string(index) + "]";
}

std::vector<interrupt_device> virt_board::interrupt_devices() const {
    using direction = interrupt_line::direction;
    const auto shown = [](const auto& line) {
        return const_cast<sc_core::sc_signal_inout_if<bool>*>(
            static_cast<const sc_core::sc_signal_inout_if<bool>*>(&line));
    };
    std::vector<interrupt_device> devices;
    for (unsigned hart = 0; hart < m_harts.size(); ++hart)
        devices.push_back({cpu_path(hart),
                           {{direction::input, riscv::machine_software, shown(m_msip[hart])},
                            {direction::input, riscv::machine_timer, shown(m_mtip[hart])},
                            {direction::input, riscv::supervisor_external, shown(m_seip[hart])},
                            {direction::input, riscv::machine_external, shown(m_meip[hart])}}});
    interrupt_device controller{"/machine/unattached/device[2]", {}};
    for (unsigned source = 0; source < m_irq.size(); ++source)
        controller.lines.push_back({direction::input, source, shown(m_irq[source])});
    const auto harts = static_cast<unsigned>(m_harts.size());
    for (unsigned hart = 0; hart < harts; ++hart) {
        controller.lines.push_back({direction::output, hart, shown(m_seip[hart])});
        controller.lines.push_back({direction::output, harts + hart, shown(m_meip[hart])});
    }
    devices.push_back(controller);
    devices.push_back({"/machine/rtc", {{direction::output, 0, shown(m_irq[irqs::rtc])}}});
    devices.push_back({"/machine/uart0", {{direction::output, 0, shown(m_irq[irqs::uart0])}}});
    return devices;
}

std::vector<const cpu_context*> virt_board::cpus() const {
    std::vector<const cpu_context*> all;
    for (const hart_context& context : m_contexts)
        all.push_back(&context);
    return all;
}

std::string virt_board::registers_text(unsigned cpu) const {
    return cpu < m_harts.size() ? describe_registers(*m_harts[cpu]) : "";
}

std::optional<uint64_t> virt_board::register_value(unsigned cpu, const std::string& name) const {
    return cpu < m_harts.size() ? find_register(*m_harts[cpu], name) : std::nullopt;
}

debug_target* virt_board::debugged(unsigned cpu) {
    if (cpu >= m_harts.size())
        return nullptr;
    m_debuggers.resize(m_harts.size());
    if (!m_debuggers[cpu])
        m_debuggers[cpu] = std::make_unique<hart_debug>(*m_harts[cpu], [this] {
            for (const auto& each : m_harts)
                each->forget_code();
        });
    return m_debuggers[cpu].get();
}

uint64_t virt_board::instructions() const {
    uint64_t sum = 0;
    for (const auto& each : m_harts)
        sum += each->instructions();
    return sum;
}

void virt_board::on_publish(std::function<void()> callback) {
    if (m_vmcoreinfo)
        m_vmcoreinfo->on_publish([callback = std::move(callback)](const vmcoreinfo_record&) { callback(); });
}

post_mortem_view virt_board::post_mortem() const {
    post_mortem_view view;
    for (const auto& each : m_harts)
        view.cpus.push_back({{each->pc_location(), 1}, {each->x_location() + 1, 31}});
    if (m_vmcoreinfo) {
        view.record = m_vmcoreinfo->file_location();
        view.record_present = m_vmcoreinfo->presence_location();
    }
    return view;
}

std::vector<memory_range> virt_board::ranges() const {
    return {{regions::mask_rom.base, regions::mask_rom.size, m_rom.data()},
            {ram_base, m_ram.size(), m_ram.data()}};
}

} // namespace vmcore::virt
