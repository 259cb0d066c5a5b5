// Where things are in a core: mappings that share bytes, and QEMU's layout.

#include "models/dump/core_writer.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/temporary_directory.h"

#include <gmock/gmock.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace vmcore {

static bool operator==(const core_load& a, const core_load& b) {
    return a.vaddr == b.vaddr && a.paddr == b.paddr && a.size == b.size && a.offset == b.offset;
}
static void PrintTo(const core_load& load, std::ostream* out) {
    *out << std::hex << load.vaddr << " -> " << load.paddr << " +" << load.size << " at " << load.offset;
}

} // namespace vmcore

namespace {

const dump_target& riscv64 = find_dump_target("riscv64");
constexpr uint64_t kernel = 0xffffffff80000000;
constexpr uint64_t linear = 0xff60000000000000;

std::vector<core_load> loads_of(const std::vector<memory_range>& ranges,
                                const std::vector<core_mapping>& mappings,
                                const dump_target& target = riscv64) {
    return lay_out_core(target, 100, ranges, mappings).loads;
}

TEST(core_mapping, several_mappings_share_the_bytes_of_the_file) {
    const auto loads = loads_of({{0x80000000, 0x100000, nullptr}}, {{linear, 0x80000000, 0x100000},
                                                                    {kernel, 0x80020000, 0x3000},
                                                                    {kernel + 0x3000, 0x80020000, 0x1000}});
    EXPECT_THAT(loads, ElementsAre(core_load{linear, 0x80000000, 0x100000, 0x1000},
                                   core_load{kernel, 0x80020000, 0x3000, 0x21000},
                                   core_load{kernel + 0x3000, 0x80020000, 0x1000, 0x21000}));
}

TEST(core_mapping, is_cut_to_the_memory_that_is_there) {
    const std::vector<memory_range> ranges = {{0x1800, 0x1000, nullptr}, {0x4000, 0x1000, nullptr}};
    EXPECT_THAT(loads_of(ranges, {{kernel, 0x1000, 0x10000}}),
                ElementsAre(core_load{kernel + 0x800, 0x1800, 0x1000, 0x1000},
                            core_load{kernel + 0x3000, 0x4000, 0x1000, 0x2000}));
    EXPECT_THAT(loads_of(ranges, {{kernel, 0x4fff, 1}, {kernel, 0x5000, 1}, {kernel, 0x17ff, 2}}),
                ElementsAre(core_load{kernel, 0x4fff, 1, 0x2fff}, core_load{kernel + 1, 0x1800, 1, 0x1000}));
    EXPECT_THAT(loads_of(ranges, {{kernel, 0x2800, 0x1800}, {kernel, 0x1800, 0}, {kernel, ~uint64_t{0}, 5}}),
                IsEmpty());
}

TEST(core_mapping, stays_in_one_piece_over_ranges_that_touch_in_the_file_too) {
    EXPECT_THAT(loads_of({{0x1000, 0x2000, nullptr}, {0x3000, 0x800, nullptr}, {0x3800, 0x800, nullptr}},
                         {{kernel, 0x1000, 0x3000}}),
                ElementsAre(core_load{kernel, 0x1000, 0x2800, 0x1000},
                            core_load{kernel + 0x2800, 0x3800, 0x800, 0x4000}));
}

TEST(core_mapping, what_the_class_has_no_numbers_for_is_cut) {
    const std::vector<memory_range> ranges = {{0x1000, 0x10000, nullptr}};
    EXPECT_THAT(loads_of(ranges, {{0xfffff000, 0x1000, 0x8000}, {0x100000000, 0x1000, 0x1000}},
                         find_dump_target("riscv32")),
                ElementsAre(core_load{0xfffff000, 0x1000, 0x1000, 0x1000}));
    EXPECT_THAT(loads_of(ranges, {{~uint64_t{0xfff}, 0x1000, 0x8000}, {0, 0x1000, ~uint64_t{0}}}),
                ElementsAre(core_load{~uint64_t{0xfff}, 0x1000, 0x1000, 0x1000},
                            core_load{0, 0x1000, 0x10000, 0x1000}));
}

TEST(core_mapping, a_reader_finds_memory_at_every_address_it_is_mapped_to) {
    fake_memory memory;
    memory.add(0x80000000, 0x4000)[0x2001] = 0x5a;
    temporary_directory directory;
    const core_layout layout = lay_out_core(riscv64, 0, memory.ranges(),
                                            {{linear, 0x80000000, 0x4000}, {kernel, 0x80002000, 0x1000}});
    output_file file(directory / "core");
    write_core(file, riscv64, layout, {}, memory);
    file.commit(false);
    const elf_reader core(directory / "core");
    const auto loads = core.loads();
    ASSERT_EQ(loads.size(), 2u);
    EXPECT_EQ(loads[0].vaddr, linear);
    EXPECT_EQ(core.bytes(loads[0].offset + 0x2001, 1), "\x5a");
    EXPECT_EQ(loads[1].vaddr, kernel);
    EXPECT_EQ(loads[1].paddr, 0x80002000u);
    EXPECT_EQ(core.bytes(loads[1].offset + 1, 1), "\x5a");
    EXPECT_EQ(core.size, loads[0].offset + 0x4000) << "memory is in the file once";
}

class core_qemu_layout_test : public testing::TestWithParam<const char*> {
protected:
    elf_reader write() {
        const dump_target& target = find_dump_target(GetParam());
        const core_layout layout = lay_out_core(target, note.size(), memory.ranges(), {}, dump_layout::qemu);
        output_file file(directory / "core");
        write_core(file, target, layout, note, memory);
        file.commit(false);
        return elf_reader(directory / "core");
    }

    temporary_directory directory;
    fake_memory memory;
    const std::vector<uint8_t> note = guest_note_bytes(std::string("TEST\0", 5), "some text", 3);
};

TEST_P(core_qemu_layout_test, has_sections_first_and_packs_memory_tightly) {
    memory.add(0x1000, 0x123)[0x122] = 0x11;
    memory.add(0x80000000, 0x2001)[0x2000] = 0x22;
    const elf_reader core = write();
    const bool wide = core.file_class == 2;
    EXPECT_EQ(core.ehsize, wide ? 64u : 52u);
    EXPECT_EQ(core.shoff, wide ? 64u : 52u);
    EXPECT_EQ(core.phoff, wide ? 192u : 132u);
    EXPECT_EQ(core.shnum, 2u);
    EXPECT_EQ(core.shstrndx, 1u);
    EXPECT_EQ(core.shentsize, wide ? 64u : 40u);
    EXPECT_EQ(core.program_headers[0].offset, core.phoff + 3 * core.phentsize);
    EXPECT_EQ(core.notes.at(0).desc, "some text");
    const auto loads = core.loads();
    ASSERT_EQ(loads.size(), 2u);
    EXPECT_EQ(loads[0].offset, core.program_headers[0].offset + note.size());
    EXPECT_EQ(loads[1].offset, loads[0].offset + 0x123);
    EXPECT_EQ(core.bytes(loads[0].offset + 0x122, 1), "\x11");
    EXPECT_EQ(core.bytes(loads[1].offset + 0x2000, 1), "\x22");
    const uint64_t names = loads[1].offset + 0x2001;
    EXPECT_EQ(core.bytes(names, 11), std::string("\0.shstrtab\0", 11));
    EXPECT_EQ(core.size, names + 11);

    std::string sections = core.bytes(core.shoff, 2 * core.shentsize);
    const uint64_t second = core.shentsize;
    EXPECT_EQ(little(sections, second, 4), 1u) << "sh_name";
    EXPECT_EQ(little(sections, second + 4, 4), 3u) << "SHT_STRTAB";
    EXPECT_EQ(little(sections, second + (wide ? 24 : 16), wide ? 8 : 4), names);
    EXPECT_EQ(little(sections, second + (wide ? 32 : 20), wide ? 8 : 4), 11u);
    sections.replace(second, 8, 8, '\0');
    sections.replace(second + (wide ? 24 : 16), wide ? 16 : 8, wide ? 16 : 8, '\0');
    EXPECT_EQ(sections, std::string(sections.size(), '\0')) << "all other fields";
}

INSTANTIATE_TEST_SUITE_P(, core_qemu_layout_test, testing::Values("riscv64", "riscv32"));

} // namespace
