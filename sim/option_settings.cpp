// The settings: --set, --config, and the options that are short for one of them.

#include "sim/clock_options.h"
#include "sim/key_values.h"
#include "sim/option_parser.h"

namespace vmcore::sim {

static constexpr unsigned most_dump_threads = 256;

void option_parser::declare_settings() {
    virt::virt_config& board = m_result.board;
    m_settings.add("cpu.clock_period", "time of one instruction", board.clock_period);
    m_settings.add("cpu.quantum", "how far a hart may run ahead", board.quantum);
    m_settings.add("cpu.dmi", "direct memory access of harts and DMA", board.dmi);
    m_settings.add("cpu.block_cache", "keep decoded instructions", board.block_cache);
    m_settings.add("cpu.trap_loop_panics", "a hart that only traps at its own handler is a guest's failure",
                   board.trap_loop_panics);
    m_settings.add("rtc.base", "the clock's time at the start: a date, utc or localtime", board.rtc_start,
                   parse_rtc_base, rtc_base_text);
    m_settings.add("device_tree.rng_seed", "number from which /chosen/rng-seed follows", board.rng_seed);
    m_settings.add("bus.latency", "per transaction", board.bus_latency);
    m_settings.add("ram.huge_pages",
                   "host pages of 2 MiB: faster, but a byte that the guest touches takes one",
                   board.ram_huge_pages);
    m_settings.add("ram.read_latency", "per 8-byte word", board.ram_read_latency);
    m_settings.add("ram.write_latency", "per 8-byte word", board.ram_write_latency);
    m_settings.add("rom.latency", "per 8-byte word", board.rom_latency);
    m_settings.add("device.latency", "per register access", board.register_latency);
    m_settings.add("serial.poll_interval", "simulated time between two looks for input",
                   board.serial_poll_interval);
    virt::virtio_config& virtio = board.virtio;
    m_settings.add("virtio.request_latency", "per request to a disk or for entropy", virtio.request_latency);
    m_settings.add("virtio.byte_latency", "per byte that a virtio device moves", virtio.byte_latency);
    m_settings.add("virtio.poll_interval", "simulated time between two looks for a console's input",
                   virtio.poll_interval);
    m_settings.add("virtio.seed", "of the bytes that entropy devices deliver", virtio.seed, 0, ~0u);
    m_settings.add("fw_cfg.dma_burst", "bytes per DMA transaction without DMI, a power of two",
                   board.dma_burst, 8, 4096);
    m_settings.add("fw_cfg.strict", "report what the guest does that no driver should rely on", board.strict);
    dump_request& dump = m_result.dump;
    m_settings.add("dump.fsync", "a dump survives a crash of the host", dump.fsync);
    m_settings.add("dump.sparse", "an ELF dump has holes where memory is zero", dump.sparse);
    m_settings.add("dump.layout", "what all readers open, or QEMU's to the byte", dump.layout,
                   {{"portable", dump_layout::portable}, {"qemu", dump_layout::qemu}});
    m_settings.add("dump.threads", "that write and compress; 0 is one for each CPU of the host", dump.threads,
                   0, most_dump_threads);
    m_settings.add("dump.paging", "--dump's ELF maps memory as each CPU's page tables do", dump.paging);
}

/// Files first, then --quantum and -rtc, then --set: the nearer to the user's hand, the later.
void option_parser::apply_settings() {
    for (const std::string& file : m_config_files)
        m_settings.load(file);
    m_result.board.quantum = m_quantum.value_or(m_result.board.quantum);
    m_result.board.rtc_start = m_rtc_base.value_or(m_result.board.rtc_start);
    for (const std::string& assignment : m_assignments)
        m_settings.set_assignment(assignment);
    const unsigned burst = m_result.board.dma_burst;
    if ((burst & (burst - 1)) != 0)
        throw usage_error("fw_cfg.dma_burst: " + std::to_string(burst) + ", expected a power of two");
    if (m_result.board.clock_period == sc_core::SC_ZERO_TIME)
        throw usage_error("cpu.clock_period: 0, expected a time above 0");
    if (m_result.board.quantum < m_result.board.clock_period)
        throw usage_error("cpu.quantum: shorter than cpu.clock_period, expected at least " +
                          m_result.board.clock_period.to_string());
}

} // namespace vmcore::sim
