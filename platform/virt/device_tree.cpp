#include "platform/virt/device_tree.h"

#include "platform/virt/memory_map.h"

#include <libfdt.h>
#include <stdexcept>

namespace vmcore::virt {

/// Room for the fixed part of the tree, for one hart's nodes, and for what is added to a user's tree.
static constexpr size_t fixed_room = 16384;
static constexpr size_t room_per_hart = 1024;

static void check(int result) {
    if (result < 0)
        throw std::logic_error(std::string("device tree: ") + fdt_strerror(result));
}

/// Writes nodes and properties in order; a node ends with the object that began it.
class fdt_writer {
public:
    explicit fdt_writer(size_t room)
        : m_blob(room) {
        check(fdt_create(m_blob.data(), static_cast<int>(m_blob.size())));
        check(fdt_finish_reservemap(m_blob.data()));
    }

    class node {
    public:
        node(fdt_writer& writer, const std::string& name)
            : m_blob(writer.m_blob.data()) {
            check(fdt_begin_node(m_blob, name.c_str()));
        }
        ~node() { fdt_end_node(m_blob); }
        node(const node&) = delete;
        node& operator=(const node&) = delete;

        void flag(const char* name) { check(fdt_property(m_blob, name, nullptr, 0)); }
        void text(const char* name, const std::string& value) {
            check(fdt_property(m_blob, name, value.c_str(), static_cast<int>(value.size() + 1)));
        }
        void texts(const char* name, const std::vector<std::string>& values) {
            std::string all;
            for (const std::string& value : values)
                all += value + '\0';
            check(fdt_property(m_blob, name, all.data(), static_cast<int>(all.size())));
        }
        void cells(const char* name, const std::vector<uint32_t>& values) {
            std::vector<fdt32_t> all;
            for (const uint32_t value : values)
                all.push_back(cpu_to_fdt32(value));
            check(fdt_property(m_blob, name, all.data(), static_cast<int>(all.size() * sizeof(fdt32_t))));
        }
        void address_and_size(const region& where) {
            cells("reg", {uint32_t(where.base >> 32), uint32_t(where.base), uint32_t(where.size >> 32),
                          uint32_t(where.size)});
        }

    private:
        void* m_blob;
    };

    std::vector<uint8_t> finish() {
        check(fdt_finish(m_blob.data()));
        m_blob.resize(fdt_totalsize(m_blob.data()));
        return std::move(m_blob);
    }

private:
    std::vector<uint8_t> m_blob;
};

static std::string at(const std::string& name, uint64_t address) {
    char text[32];
    snprintf(text, sizeof text, "@%llx", static_cast<unsigned long long>(address));
    return name + text;
}

static const std::string uart_path = at("/soc/serial", regions::uart0.base);

// Phandles: the interrupt controller and the cpu node of each hart, then the single devices.
static uint32_t intc_phandle(unsigned hart) {
    return 2 * hart + 1;
}
static uint32_t cpu_phandle(unsigned hart) {
    return 2 * hart + 2;
}
static constexpr uint32_t test_phandle = 2 * max_harts + 1;

static std::vector<std::string> isa_extensions(const std::string& isa) {
    std::vector<std::string> names;
    const size_t letters = isa.find('_');
    for (const char letter : isa.substr(4, letters - 4)) // behind "rv64"
        names.emplace_back(1, letter);
    for (size_t start = letters; start != std::string::npos;) {
        const size_t end = isa.find('_', start + 1);
        names.push_back(isa.substr(start + 1, end == std::string::npos ? end : end - start - 1));
        start = end;
    }
    return names;
}

static void write_cpus(fdt_writer& fdt, const device_tree_options& options) {
    fdt_writer::node cpus(fdt, "cpus");
    cpus.cells("#address-cells", {1});
    cpus.cells("#size-cells", {0});
    cpus.cells("timebase-frequency", {uint32_t(timebase_hz)});
    for (unsigned hart = 0; hart < options.harts; ++hart) {
        fdt_writer::node cpu(fdt, at("cpu", hart));
        cpu.cells("phandle", {cpu_phandle(hart)});
        cpu.text("device_type", "cpu");
        cpu.cells("reg", {hart});
        cpu.text("status", "okay");
        cpu.text("compatible", "riscv");
        cpu.text("riscv,isa", options.isa);
        cpu.text("riscv,isa-base", "rv64i");
        cpu.texts("riscv,isa-extensions", isa_extensions(options.isa));
        cpu.text("mmu-type", options.mmu_type);
        fdt_writer::node intc(fdt, "interrupt-controller");
        intc.cells("#interrupt-cells", {1});
        intc.flag("interrupt-controller");
        intc.text("compatible", "riscv,cpu-intc");
        intc.cells("phandle", {intc_phandle(hart)});
    }
    fdt_writer::node map(fdt, "cpu-map");
    fdt_writer::node cluster(fdt, "cluster0");
    for (unsigned hart = 0; hart < options.harts; ++hart) {
        fdt_writer::node core(fdt, "core" + std::to_string(hart));
        core.cells("cpu", {cpu_phandle(hart)});
    }
}

static void write_soc(fdt_writer& fdt, const device_tree_options& options) {
    fdt_writer::node soc(fdt, "soc");
    soc.cells("#address-cells", {2});
    soc.cells("#size-cells", {2});
    soc.text("compatible", "simple-bus");
    soc.flag("ranges");
    {
        fdt_writer::node serial(fdt, at("serial", regions::uart0.base));
        serial.text("compatible", "ns16550a");
        serial.address_and_size(regions::uart0);
        serial.cells("clock-frequency", {uart_clock_hz});
    }
    {
        fdt_writer::node finisher(fdt, at("test", regions::test.base));
        finisher.cells("phandle", {test_phandle});
        finisher.texts("compatible", {"sifive,test1", "sifive,test0", "syscon"});
        finisher.address_and_size(regions::test);
    }
    fdt_writer::node timer(fdt, at("clint", regions::clint.base));
    timer.texts("compatible", {"sifive,clint0", "riscv,clint0"});
    timer.address_and_size(regions::clint);
    std::vector<uint32_t> interrupts; // machine software (3) and machine timer (7) of each hart
    for (unsigned hart = 0; hart < options.harts; ++hart)
        interrupts.insert(interrupts.end(), {intc_phandle(hart), 3, intc_phandle(hart), 7});
    timer.cells("interrupts-extended", interrupts);
}

static void write_syscon(fdt_writer& fdt, const char* name, const char* compatible, uint32_t value) {
    fdt_writer::node node(fdt, name);
    node.text("compatible", compatible);
    node.cells("regmap", {test_phandle});
    node.cells("offset", {0});
    node.cells("value", {value});
}

static void write_chosen(fdt_writer& fdt, const device_tree_options& options) {
    {
        fdt_writer::node chosen(fdt, "chosen");
        chosen.text("stdout-path", uart_path);
        if (!options.bootargs.empty())
            chosen.text("bootargs", options.bootargs);
        if (options.initrd_end > options.initrd_start) {
            chosen.cells("linux,initrd-start",
                         {uint32_t(options.initrd_start >> 32), uint32_t(options.initrd_start)});
            chosen.cells("linux,initrd-end",
                         {uint32_t(options.initrd_end >> 32), uint32_t(options.initrd_end)});
        }
    }
    fdt_writer::node aliases(fdt, "aliases");
    aliases.text("serial0", uart_path);
}

std::vector<uint8_t> build_device_tree(const device_tree_options& options) {
    fdt_writer fdt(fixed_room + room_per_hart * options.harts + options.bootargs.size());
    {
        fdt_writer::node root(fdt, "");
        root.cells("#address-cells", {2});
        root.cells("#size-cells", {2});
        root.text("compatible", "riscv-virtio");
        root.text("model", "riscv-virtio,qemu");
        write_chosen(fdt, options);
        {
            fdt_writer::node memory(fdt, at("memory", ram_base));
            memory.text("device_type", "memory");
            memory.address_and_size({ram_base, options.ram_size});
        }
        write_cpus(fdt, options);
        {
            fdt_writer::node firmware_config(fdt, at("fw-cfg", regions::fw_cfg.base));
            firmware_config.text("compatible", "qemu,fw-cfg-mmio");
            firmware_config.address_and_size(regions::fw_cfg);
            firmware_config.flag("dma-coherent");
        }
        write_soc(fdt, options);
        write_syscon(fdt, "poweroff", "syscon-poweroff", 0x5555);
        write_syscon(fdt, "reboot", "syscon-reboot", 0x7777);
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
