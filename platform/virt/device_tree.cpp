// Nodes and properties stand in QEMU's order, which is that of the guest's walk through them. README.md lists
// the nodes of QEMU's tree that are left out.

#include "platform/virt/device_tree.h"

#include "models/riscv/csr.h"
#include "platform/virt/fdt_writer.h"

#include <initializer_list>
#include <utility>

namespace vmcore::virt {

using riscv::machine_external;
using riscv::machine_software;
using riscv::machine_timer;
using riscv::supervisor_external;

/// Room for the fixed part of the tree, for one hart's nodes, and for what is added to a user's tree.
static constexpr size_t fixed_room = 16384;
static constexpr size_t room_per_hart = 1024;

static std::string at(const std::string& name, uint64_t address) {
    char text[32];
    snprintf(text, sizeof text, "@%llx", static_cast<unsigned long long>(address));
    return name + text;
}

static const std::string uart_path = at("/soc/serial", regions::uart0.base);

/// QEMU's phandles: the cpu node and the interrupt controller of the last hart, of the one before, ..., then
/// the PLIC and the finisher.
struct phandles {
    unsigned harts;

    uint32_t cpu(unsigned hart) const { return 2 * (harts - 1 - hart) + 1; }
    uint32_t intc(unsigned hart) const { return cpu(hart) + 1; }
    uint32_t plic() const { return 2 * harts + 1; }
    uint32_t finisher() const { return 2 * harts + 2; }

    /// For every hart its interrupt controller with each of the interrupts.
    std::vector<uint32_t> to_harts(std::initializer_list<uint32_t> interrupts) const {
        std::vector<uint32_t> cells;
        for (unsigned hart = 0; hart < harts; ++hart)
            for (const uint32_t interrupt : interrupts)
                cells.insert(cells.end(), {intc(hart), interrupt});
        return cells;
    }
};

static void write_syscon(fdt_writer& fdt, const char* name, const char* compatible, uint32_t value,
                         const phandles& handles) {
    fdt_writer::node node(fdt, name);
    node.cells("value", {value});
    node.cells("offset", {0});
    node.cells("regmap", {handles.finisher()});
    node.text("compatible", compatible);
}

static void write_platform_bus(fdt_writer& fdt, const phandles& handles) {
    fdt_writer::node bus(fdt, at("platform-bus", regions::platform_bus.base));
    bus.cells("interrupt-parent", {handles.plic()});
    bus.cells("ranges", {0, uint32_t(regions::platform_bus.base >> 32), uint32_t(regions::platform_bus.base),
                         uint32_t(regions::platform_bus.size)});
    bus.cells("#address-cells", {1});
    bus.cells("#size-cells", {1});
    bus.texts("compatible", {"qemu,platform", "simple-bus"});
}

static void write_memory(fdt_writer& fdt, const device_tree_options& options) {
    fdt_writer::node memory(fdt, at("memory", ram_base));
    memory.text("device_type", "memory");
    memory.address_and_size({ram_base, options.ram_size});
}

static void write_cpu(fdt_writer& fdt, const device_tree_options& options, unsigned hart,
                      const phandles& handles) {
    fdt_writer::node cpu(fdt, at("cpu", hart));
    cpu.cells("phandle", {handles.cpu(hart)});
    cpu.text("device_type", "cpu");
    cpu.cells("reg", {hart});
    cpu.text("status", "okay");
    cpu.text("compatible", "riscv");
    for (const auto& [name, size] : {std::pair("riscv,cbop-block-size", options.cbop_block_size),
                                     std::pair("riscv,cboz-block-size", options.cboz_block_size),
                                     std::pair("riscv,cbom-block-size", options.cbom_block_size)})
        if (size != 0)
            cpu.cells(name, {size});
    cpu.texts("riscv,isa-extensions", options.isa_extensions);
    cpu.text("riscv,isa-base", "rv64i");
    cpu.text("riscv,isa", options.isa);
    cpu.text("mmu-type", options.mmu_type);
    fdt_writer::node intc(fdt, "interrupt-controller");
    intc.cells("#interrupt-cells", {1});
    intc.flag("interrupt-controller");
    intc.text("compatible", "riscv,cpu-intc");
    intc.cells("phandle", {handles.intc(hart)});
}

static void write_cpus(fdt_writer& fdt, const device_tree_options& options, const phandles& handles) {
    fdt_writer::node cpus(fdt, "cpus");
    cpus.cells("#address-cells", {1});
    cpus.cells("#size-cells", {0});
    cpus.cells("timebase-frequency", {uint32_t(timebase_hz)});
    for (unsigned hart = 0; hart < options.harts; ++hart)
        write_cpu(fdt, options, hart, handles);
    fdt_writer::node map(fdt, "cpu-map");
    fdt_writer::node cluster(fdt, "cluster0");
    for (unsigned hart = 0; hart < options.harts; ++hart) {
        fdt_writer::node core(fdt, "core" + std::to_string(hart));
        core.cells("cpu", {handles.cpu(hart)});
    }
}

static void write_firmware_config(fdt_writer& fdt) {
    fdt_writer::node firmware_config(fdt, at("fw-cfg", regions::fw_cfg.base));
    firmware_config.flag("dma-coherent");
    firmware_config.address_and_size(regions::fw_cfg);
    firmware_config.text("compatible", "qemu,fw-cfg-mmio");
}

/// 32 bytes that are the same for the same seed (the mixing function of SplitMix64).
static std::vector<uint32_t> random_cells(uint64_t seed) {
    std::vector<uint32_t> cells;
    while (cells.size() < 8) {
        uint64_t mixed = seed += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
        mixed ^= mixed >> 31;
        cells.insert(cells.end(), {uint32_t(mixed >> 32), uint32_t(mixed)});
    }
    return cells;
}

static void write_chosen(fdt_writer& fdt, const device_tree_options& options) {
    fdt_writer::node chosen(fdt, "chosen");
    if (!options.bootargs.empty())
        chosen.text("bootargs", options.bootargs);
    if (options.initrd_end > options.initrd_start) {
        chosen.double_cell("linux,initrd-end", options.initrd_end);
        chosen.double_cell("linux,initrd-start", options.initrd_start);
    }
    chosen.text("stdout-path", uart_path);
    chosen.cells("rng-seed", random_cells(options.rng_seed));
}

static void write_interrupt(fdt_writer::node& device, unsigned source, const phandles& handles) {
    device.cells("interrupts", {source});
    device.cells("interrupt-parent", {handles.plic()});
}

static void write_rtc(fdt_writer& fdt, const phandles& handles) {
    fdt_writer::node rtc(fdt, at("rtc", regions::rtc.base));
    write_interrupt(rtc, irqs::rtc, handles);
    rtc.address_and_size(regions::rtc);
    rtc.text("compatible", "google,goldfish-rtc");
}

static void write_serial(fdt_writer& fdt, const phandles& handles) {
    fdt_writer::node serial(fdt, at("serial", regions::uart0.base));
    write_interrupt(serial, irqs::uart0, handles);
    serial.cells("clock-frequency", {uart_clock_hz});
    serial.address_and_size(regions::uart0);
    serial.text("compatible", "ns16550a");
}

static void write_finisher(fdt_writer& fdt, const phandles& handles) {
    fdt_writer::node finisher(fdt, at("test", regions::test.base));
    finisher.cells("phandle", {handles.finisher()});
    finisher.address_and_size(regions::test);
    finisher.texts("compatible", {"sifive,test1", "sifive,test0", "syscon"});
}

static void write_virtio(fdt_writer& fdt, unsigned slot, const phandles& handles) {
    const region registers{regions::virtio.base + slot * regions::virtio.size, regions::virtio.size};
    fdt_writer::node device(fdt, at("virtio_mmio", registers.base));
    write_interrupt(device, irqs::virtio + slot, handles);
    device.address_and_size(registers);
    device.text("compatible", "virtio,mmio");
}

static void write_plic(fdt_writer& fdt, const phandles& handles) {
    fdt_writer::node controller(fdt, at("plic", regions::plic.base));
    controller.cells("phandle", {handles.plic()});
    controller.cells("riscv,ndev", {irqs::last});
    controller.address_and_size(regions::plic);
    controller.cells("interrupts-extended", handles.to_harts({machine_external, supervisor_external}));
    controller.flag("interrupt-controller");
    controller.texts("compatible", {"sifive,plic-1.0.0", "riscv,plic0"});
    controller.cells("#address-cells", {0});
    controller.cells("#interrupt-cells", {1});
}

static void write_clint(fdt_writer& fdt, const phandles& handles) {
    fdt_writer::node timer(fdt, at("clint", regions::clint.base));
    timer.cells("interrupts-extended", handles.to_harts({machine_software, machine_timer}));
    timer.address_and_size(regions::clint);
    timer.texts("compatible", {"sifive,clint0", "riscv,clint0"});
}

/// Linux gives numbers to devices of a kind in the order of their nodes: the last virtio slot comes first.
static void write_soc(fdt_writer& fdt, const phandles& handles) {
    fdt_writer::node soc(fdt, "soc");
    soc.cells("#address-cells", {2});
    soc.cells("#size-cells", {2});
    soc.text("compatible", "simple-bus");
    soc.flag("ranges");
    write_rtc(fdt, handles);
    write_serial(fdt, handles);
    write_finisher(fdt, handles);
    for (unsigned slot = virtio_slots; slot-- > 0;)
        write_virtio(fdt, slot, handles);
    write_plic(fdt, handles);
    write_clint(fdt, handles);
}

std::vector<uint8_t> build_device_tree(const device_tree_options& options) {
    const phandles handles{options.harts};
    const size_t room_for_hart = room_per_hart + 3 * options.isa.size() + options.mmu_type.size();
    fdt_writer fdt(fixed_room + room_for_hart * options.harts + options.bootargs.size());
    {
        fdt_writer::node root(fdt, "");
        root.cells("#address-cells", {2});
        root.cells("#size-cells", {2});
        root.text("compatible", "riscv-virtio");
        root.text("model", "riscv-virtio,qemu");
        write_syscon(fdt, "poweroff", "syscon-poweroff", 0x5555, handles);
        write_syscon(fdt, "reboot", "syscon-reboot", 0x7777, handles);
        write_platform_bus(fdt, handles);
        write_memory(fdt, options);
        write_cpus(fdt, options, handles);
        write_firmware_config(fdt);
        {
            fdt_writer::node aliases(fdt, "aliases");
            aliases.text("serial0", uart_path);
        }
        write_chosen(fdt, options);
        write_soc(fdt, handles);
    }
    return fdt.finish();
}

std::vector<uint8_t> amend_device_tree(const std::string& name, std::vector<uint8_t> blob,
                                       const device_tree_options& options) {
    const auto require = [&](int result) {
        if (result < 0)
            throw std::runtime_error(name + ": not a usable device tree: " + fdt_strerror(result));
        return result;
    };
    if (blob.size() < sizeof(fdt_header))
        require(-FDT_ERR_TRUNCATED);
    require(fdt_check_full(blob.data(), blob.size()));
    const bool has_initrd = options.initrd_end > options.initrd_start;
    if (options.bootargs.empty() && !has_initrd)
        return blob;

    std::vector<uint8_t> amended(blob.size() + fixed_room + options.bootargs.size());
    void* fdt = amended.data();
    require(fdt_open_into(blob.data(), fdt, static_cast<int>(amended.size())));
    int chosen = fdt_path_offset(fdt, "/chosen");
    if (chosen == -FDT_ERR_NOTFOUND)
        chosen = fdt_add_subnode(fdt, 0, "chosen");
    require(chosen);
    if (!options.bootargs.empty())
        require(fdt_setprop_string(fdt, chosen, "bootargs", options.bootargs.c_str()));
    if (has_initrd) {
        require(fdt_setprop_u64(fdt, chosen, "linux,initrd-start", options.initrd_start));
        require(fdt_setprop_u64(fdt, chosen, "linux,initrd-end", options.initrd_end));
    }
    require(fdt_pack(fdt));
    amended.resize(fdt_totalsize(fdt));
    return amended;
}

} // namespace vmcore::virt
