#include "platform/virt/device_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libfdt.h>

using vmcore::virt::device_tree_options;

struct device_tree : testing::Test {
    device_tree_options options;
    std::vector<uint8_t> blob;

    device_tree() { options.ram_size = 0x123400000; }

    void build() {
        blob = vmcore::virt::build_device_tree(options);
        ASSERT_EQ(fdt_check_full(blob.data(), blob.size()), 0);
    }

    int node(const char* path) { return fdt_path_offset(blob.data(), path); }

    std::string bytes(const char* path, const char* name) {
        int length = 0;
        const void* value = fdt_getprop(blob.data(), node(path), name, &length);
        EXPECT_NE(value, nullptr) << path << " " << name;
        return value ? std::string(static_cast<const char*>(value), static_cast<size_t>(length)) : "";
    }

    std::string text(const char* path, const char* name) { return bytes(path, name).c_str(); }

    std::vector<uint32_t> cells(const char* path, const char* name) {
        const std::string raw = bytes(path, name);
        std::vector<uint32_t> numbers;
        for (size_t i = 0; i + 4 <= raw.size(); i += 4)
            numbers.push_back(fdt32_ld(reinterpret_cast<const fdt32_t*>(raw.data() + i)));
        return numbers;
    }

    bool has(const char* path, const char* name) {
        return fdt_getprop(blob.data(), node(path), name, nullptr) != nullptr;
    }
};

using cell_list = std::vector<uint32_t>;

TEST_F(device_tree, describes_the_devices_as_qemu_does) {
    build();
    EXPECT_EQ(text("/", "compatible"), "riscv-virtio");
    EXPECT_EQ(text("/fw-cfg@10100000", "compatible"), "qemu,fw-cfg-mmio");
    EXPECT_EQ(cells("/fw-cfg@10100000", "reg"), (cell_list{0, 0x10100000, 0, 0x18}));
    EXPECT_TRUE(has("/fw-cfg@10100000", "dma-coherent"));
    EXPECT_EQ(text("/soc/serial@10000000", "compatible"), "ns16550a");
    EXPECT_EQ(cells("/soc/serial@10000000", "clock-frequency"), (cell_list{3686400}));
    EXPECT_EQ(bytes("/soc/test@100000", "compatible"),
              std::string("sifive,test1\0sifive,test0\0syscon\0", 33));
    EXPECT_EQ(bytes("/soc/clint@2000000", "compatible"), std::string("sifive,clint0\0riscv,clint0\0", 27));
    EXPECT_EQ(cells("/cpus", "timebase-frequency"), (cell_list{10000000}));
    EXPECT_EQ(text("/chosen", "stdout-path"), "/soc/serial@10000000");
}

TEST_F(device_tree, memory_may_need_all_four_cells) {
    build();
    EXPECT_EQ(cells("/memory@80000000", "reg"), (cell_list{0, 0x80000000, 1, 0x23400000}));
}

TEST_F(device_tree, power_off_and_reboot_point_to_the_finisher) {
    build();
    const cell_list finisher = cells("/soc/test@100000", "phandle");
    EXPECT_EQ(cells("/poweroff", "regmap"), finisher);
    EXPECT_EQ(cells("/poweroff", "value"), (cell_list{0x5555}));
    EXPECT_EQ(cells("/reboot", "regmap"), finisher);
    EXPECT_EQ(cells("/reboot", "value"), (cell_list{0x7777}));
}

TEST_F(device_tree, every_hart_has_a_node_and_its_timer_interrupts) {
    options.harts = 8;
    build();
    cell_list expected;
    for (unsigned hart = 0; hart < 8; ++hart) {
        const std::string path = "/cpus/cpu@" + std::to_string(hart);
        EXPECT_EQ(cells(path.c_str(), "reg"), (cell_list{hart}));
        const uint32_t intc = cells((path + "/interrupt-controller").c_str(), "phandle").at(0);
        expected.insert(expected.end(), {intc, 3, intc, 7});
    }
    EXPECT_EQ(cells("/soc/clint@2000000", "interrupts-extended"), expected);
}

TEST_F(device_tree, extensions_are_listed_one_by_one) {
    build();
    EXPECT_EQ(text("/cpus/cpu@0", "riscv,isa"), "rv64imac_zicntr_zicsr_zifencei");
    EXPECT_EQ(bytes("/cpus/cpu@0", "riscv,isa-extensions"),
              std::string("i\0m\0a\0c\0zicntr\0zicsr\0zifencei\0", 30));
}

TEST_F(device_tree, a_hart_is_described_as_it_is) {
    build();
    EXPECT_EQ(text("/cpus/cpu@0", "mmu-type"), "riscv,none");
    EXPECT_FALSE(has("/cpus/cpu@0", "riscv,cbom-block-size"));
    options.harts = 8;
    options.mmu_type = "riscv,sv57";
    options.isa = "rv64i_" + std::string(10000, 'z');
    options.isa_extensions = {"i", std::string(10000, 'z')};
    options.cbom_block_size = 64;
    options.cboz_block_size = 128;
    build();
    EXPECT_EQ(text("/cpus/cpu@7", "mmu-type"), "riscv,sv57");
    EXPECT_EQ(text("/cpus/cpu@7", "riscv,isa"), options.isa);
    EXPECT_EQ(cells("/cpus/cpu@7", "riscv,cbom-block-size"), (cell_list{64}));
    EXPECT_EQ(cells("/cpus/cpu@7", "riscv,cboz-block-size"), (cell_list{128}));
    EXPECT_FALSE(has("/cpus/cpu@7", "riscv,cbop-block-size"));
}

TEST_F(device_tree, interrupts_lead_to_the_plic_and_from_there_to_the_harts) {
    options.harts = 2;
    build();
    const cell_list plic = cells("/soc/plic@c000000", "phandle");
    for (const char* device : {"/soc/rtc@101000", "/soc/serial@10000000", "/soc/virtio_mmio@10001000",
                               "/soc/virtio_mmio@10008000", "/platform-bus@4000000"})
        EXPECT_EQ(cells(device, "interrupt-parent"), plic) << device;
    EXPECT_EQ(cells("/soc/virtio_mmio@10008000", "interrupts"), (cell_list{8}));
    cell_list expected;
    for (const char* hart : {"/cpus/cpu@0/interrupt-controller", "/cpus/cpu@1/interrupt-controller"}) {
        const uint32_t intc = cells(hart, "phandle").at(0);
        expected.insert(expected.end(), {intc, 11, intc, 9});
    }
    EXPECT_EQ(cells("/soc/plic@c000000", "interrupts-extended"), expected);
    EXPECT_EQ(cells("/soc/plic@c000000", "riscv,ndev"), (cell_list{95}));
}

TEST_F(device_tree, the_seed_alone_decides_the_random_bytes) {
    build();
    const std::string zero = bytes("/chosen", "rng-seed");
    EXPECT_EQ(zero.size(), 32u);
    options.bootargs = "quiet";
    build();
    EXPECT_EQ(bytes("/chosen", "rng-seed"), zero);
    options.rng_seed = 1;
    build();
    EXPECT_NE(bytes("/chosen", "rng-seed"), zero);
}

TEST_F(device_tree, bootargs_and_initrd_appear_only_when_there_are_some) {
    build();
    EXPECT_FALSE(has("/chosen", "bootargs"));
    EXPECT_FALSE(has("/chosen", "linux,initrd-start"));
    options.bootargs = std::string(100000, 'x');
    options.initrd_start = 0x188000000;
    options.initrd_end = 0x188001234;
    build();
    EXPECT_EQ(text("/chosen", "bootargs"), options.bootargs);
    EXPECT_EQ(cells("/chosen", "linux,initrd-end"), (cell_list{1, 0x88001234}));
}

TEST_F(device_tree, a_users_tree_is_taken_as_it_is) {
    build();
    const std::vector<uint8_t> users = blob;
    EXPECT_EQ(vmcore::virt::amend_device_tree("-dtb", users, device_tree_options()), users);
}

TEST_F(device_tree, a_users_tree_gets_the_bootargs_that_were_asked_for) {
    build();
    options.bootargs = "quiet";
    blob = vmcore::virt::amend_device_tree("-dtb", blob, options);
    EXPECT_EQ(text("/chosen", "bootargs"), "quiet");
    EXPECT_EQ(fdt_check_full(blob.data(), blob.size()), 0);
}

TEST_F(device_tree, every_truncation_of_a_users_tree_is_refused) {
    build();
    for (size_t length = 0; length < blob.size(); ++length)
        EXPECT_THROW(vmcore::virt::amend_device_tree(
                         "-dtb", {blob.begin(), blob.begin() + static_cast<long>(length)}, options),
                     std::runtime_error);
}
