#include "tests/lint/dump_bytes.h"

#include <gmock/gmock.h>

using namespace vmcore::lint;
using namespace vmcore::lint::testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using vmcore::byte_order;

namespace {

const char* const only_riscv = "libkdumpfile partly";

lint_report judge_kdump(const kdump_recipe& recipe) {
    return judge_bytes(recipe.make());
}

/// With all that the readers need of such a kernel, and nothing wrong.
kdump_recipe of_x86_64() {
    kdump_recipe file;
    file.utsname[4] = "x86_64";
    file.register_size = 336;
    file.vmcoreinfo = text_of({{"OSRELEASE", "6.1.0"},
                               {"PAGESIZE", "4096"},
                               {"SYMBOL(init_uts_ns)", "ffffffff81c0d4a0"},
                               {"SYMBOL(swapper_pg_dir)", "ffffffff81e00000"},
                               {"SIZE(page)", "64"},
                               {"OFFSET(page.flags)", "0"},
                               {"NUMBER(phys_base)", "2147483648"}});
    file.max_mapnr = file.first_page + file.pages.size();
    return file;
}

} // namespace

TEST(lint_kdump, a_good_file_has_no_findings_but_the_old_libkdumpfile) {
    const lint_report report = judge_kdump({});
    EXPECT_THAT(finding_ids(report), ElementsAre("riscv"));
    EXPECT_EQ(unhappy(report), only_riscv);
    EXPECT_THAT(report.summary, HasSubstr("64-bit little-endian riscv64, 3 pages, registers of 1 CPU"));
    EXPECT_EQ(exit_status(report, false), 0);
    EXPECT_EQ(exit_status(report, true), 1) << "gdb reads no kdump files";
}

TEST(lint_kdump, the_header_of_a_32_bit_big_endian_machine_is_read_in_its_own_way) {
    kdump_recipe file;
    file.word = 4;
    file.order = byte_order::big;
    file.utsname[4] = "riscv32";
    const lint_report report = judge_kdump(file);
    EXPECT_THAT(report.summary,
                HasSubstr("32-bit big-endian riscv32, 3 pages, registers of 1 CPU, VMCOREINFO of 6.12"));
    EXPECT_THAT(finding_ids(report), ElementsAre("riscv"));
}

TEST(lint_kdump, without_utsname_the_architecture_is_known_by_the_registers) {
    kdump_recipe file;
    file.utsname = {"", "", "", "", "Unknown"};
    const lint_report report = judge_kdump(file);
    EXPECT_THAT(report.summary, HasSubstr("riscv64"));
    EXPECT_THAT(finding_ids(report), Contains("utsname"));
    EXPECT_EQ(verdict_of(report, reader::drgn), verdict::no);
}

TEST(lint_kdump, each_field_of_utsname_that_drgn_needs_is_missed) {
    for (const size_t field : {0, 2, 3, 4}) {
        kdump_recipe file;
        file.utsname[field] = "";
        EXPECT_EQ(verdict_of(judge_kdump(file), reader::drgn), verdict::no) << field;
    }
    kdump_recipe file;
    file.utsname[1] = "";
    EXPECT_EQ(verdict_of(judge_kdump(file), reader::drgn), verdict::yes) << "the node's name";
}

TEST(lint_kdump, a_phys_base_other_than_the_notes_misleads_makedumpfile) {
    kdump_recipe file;
    file.phys_base = 0;
    EXPECT_THAT(finding_ids(judge_kdump(file)), Contains("phys-base"));
    EXPECT_EQ(verdict_of(judge_kdump(file), reader::makedumpfile), verdict::no);
}

TEST(lint_kdump, an_incomplete_dump_says_so) {
    kdump_recipe file;
    file.status |= 8;
    EXPECT_THAT(finding_ids(judge_kdump(file)), Contains("incomplete"));
}

TEST(lint_kdump, pages_behind_the_end_are_counted) {
    kdump_recipe file;
    file.cut = 1;
    EXPECT_THAT(judge_kdump(file).findings[0].what, HasSubstr("1 of 3 pages are not within the file"));
    file.cut = 200 + 100 + 4096 + 24;
    EXPECT_THAT(judge_kdump(file).findings[0].what, HasSubstr("3 of 3 pages are not within the file"));
}

TEST(lint_kdump, a_descriptor_may_not_point_around_the_address_space) {
    kdump_recipe file;
    file.pages[1].offset = ~uint64_t{0} - 10;
    EXPECT_THAT(finding_ids(judge_kdump(file)), Contains("pages-cut"));
}

TEST(lint_kdump, bitmaps_behind_the_end_leave_nothing_to_open) {
    kdump_recipe file;
    file.pages = {};
    file.cut = 1;
    EXPECT_THAT(finding_ids(judge_kdump(file)), Contains("bitmap-cut"));
    EXPECT_EQ(verdict_of(judge_kdump(file), reader::crash), verdict::no);
}

TEST(lint_kdump, a_page_as_it_is_carries_no_flag) {
    kdump_recipe file;
    file.pages[0].flags = 1;
    EXPECT_THAT(finding_ids(judge_kdump(file)), Contains("falsely-packed"));
}

TEST(lint_kdump, impossible_pages_are_told) {
    for (const kdump_recipe::page& page :
         {kdump_recipe::page{0, 5000, 1}, {0, 0, 1}, {0, 100, 0}, {0, 100, 3}, {0, 100, 0x40}}) {
        kdump_recipe file;
        file.pages[1] = page;
        EXPECT_THAT(finding_ids(judge_kdump(file)), Contains("bad-pages")) << page.size << ' ' << page.flags;
    }
}

TEST(lint_kdump, debians_makedumpfile_has_no_snappy_and_zstd_only_in_the_version_for_riscv64) {
    constexpr uint32_t snappy = 4, zstd = 0x20;
    kdump_recipe riscv64;
    riscv64.pages[1].flags = snappy;
    EXPECT_EQ(unhappy(judge_kdump(riscv64)), "makedumpfile no, libkdumpfile partly");
    riscv64.pages[1].flags = zstd;
    EXPECT_EQ(unhappy(judge_kdump(riscv64)), only_riscv);
    for (const uint32_t flag : {snappy, zstd}) {
        kdump_recipe x86_64 = of_x86_64();
        x86_64.pages[1].flags = flag;
        EXPECT_EQ(unhappy(judge_kdump(x86_64)), "makedumpfile no") << flag;
    }
}

TEST(lint_kdump, a_rom_far_above_ram_confuses_makedumpfile) {
    kdump_recipe file;
    file.utsname[4] = "x86_64";
    file.vmcoreinfo = "OSRELEASE=6.1.0\nPAGESIZE=4096\nNUMBER(phys_base)=0\n";
    file.phys_base = 0;
    file.first_page = 0x7ffe; // to the end of a section
    file.max_mapnr = 0x8001;
    EXPECT_THAT(finding_ids(judge_kdump(file)), Not(Contains("rom-above-ram")));
    file.first_page = 0x100;
    EXPECT_THAT(finding_ids(judge_kdump(file)), Contains("rom-above-ram"));
}

TEST(lint_kdump, ram_up_to_4_gib_is_no_rom) {
    kdump_recipe file;
    file.utsname[4] = "x86_64";
    file.vmcoreinfo = "OSRELEASE=6.1.0\nPAGESIZE=4096\n";
    file.page_0 = true;
    file.max_mapnr = 0x100000;
    file.pages.assign(1 + 64, {0, 100, 1});
    file.first_page = 0x100000 - 64;
    EXPECT_THAT(finding_ids(judge_kdump(file)), Contains("rom-above-ram")) << "256 KiB are a ROM";
    file.pages.assign(1 + 0x4000, {0, 100, 1});
    file.first_page = 0x100000 - 0x4000;
    EXPECT_THAT(finding_ids(judge_kdump(file)), Not(Contains("rom-above-ram"))) << "64 MiB are none";
}

TEST(lint_kdump, page_numbers_behind_the_bitmap_are_told) {
    std::vector<uint8_t> bytes = kdump_recipe().make();
    bytes[4096 + 96 + 4] = 1; // max_mapnr_64 is 2^32 more
    EXPECT_THAT(finding_ids(judge_bytes(bytes)), Contains("bitmap-cut"));
}

TEST(lint_kdump, a_file_with_no_possible_block_size_is_no_dump) {
    kdump_recipe file;
    std::vector<uint8_t> bytes = file.make();
    bytes[428] = 1;
    EXPECT_THROW(judge_bytes(bytes), not_a_dump);
}

TEST(lint_kdump, without_vmcoreinfo_crash_is_lost_on_riscv64) {
    kdump_recipe file;
    file.vmcoreinfo = "";
    EXPECT_EQ(unhappy(judge_kdump(file)), "crash no, drgn no, makedumpfile no, libkdumpfile partly");
    EXPECT_THAT(to_text(judge_kdump(file), "FILE"),
                HasSubstr("drgn (no) says 'linux.vmcoreinfo.raw is not set'"));
    EXPECT_THAT(to_text(judge_kdump(file), "FILE"), Not(HasSubstr("core of a process")))
        << "as it does with ELF";
}

TEST(lint_kdump, vmcoreinfo_that_is_no_note_is_lost_on_libkdumpfile_and_drgn) {
    kdump_recipe file = of_x86_64();
    EXPECT_EQ(unhappy(judge_kdump(file)), "");
    file.has_note = false;
    EXPECT_THAT(finding_ids(judge_kdump(file)), ElementsAre("no-vmcoreinfo-note"));
    EXPECT_EQ(unhappy(judge_kdump(file)), "drgn no, libkdumpfile partly");
    EXPECT_THAT(judge_kdump(file).summary, HasSubstr("VMCOREINFO of 6.1.0"));
}

TEST(lint_kdump, vmcoreinfo_of_which_the_sub_header_does_not_tell_is_lost_on_makedumpfile_and_crash) {
    kdump_recipe file = of_x86_64();
    file.has_place = false;
    EXPECT_THAT(finding_ids(judge_kdump(file)), ElementsAre("no-vmcoreinfo-place", "no-kaslr-offset"));
    EXPECT_EQ(unhappy(judge_kdump(file)), "crash no, makedumpfile no");
    EXPECT_THAT(judge_kdump(file).summary, HasSubstr("VMCOREINFO of 6.1.0"));
    file.utsname[4] = "riscv64";
    EXPECT_EQ(verdict_of(judge_kdump(file), reader::crash), verdict::no) << "which cannot guess there";
}

TEST(lint_kdump, both_places_are_found_in_a_32_bit_file_too) {
    kdump_recipe file = of_x86_64();
    file.word = 4;
    file.utsname[4] = "i686";
    EXPECT_EQ(verdict_of(judge_kdump(file), reader::makedumpfile), verdict::yes);
    EXPECT_EQ(verdict_of(judge_kdump(file), reader::drgn), verdict::yes);
    file.has_place = false;
    EXPECT_EQ(verdict_of(judge_kdump(file), reader::makedumpfile), verdict::no);
    EXPECT_EQ(verdict_of(judge_kdump(file), reader::drgn), verdict::yes);
}

TEST(lint_kdump, a_place_of_zeros_or_behind_the_end_is_none) {
    for (const uint64_t place : {uint64_t{8192}, uint64_t{1} << 40, ~uint64_t{0}}) {
        dump_bytes bytes(byte_order::little);
        const std::vector<uint8_t> made = of_x86_64().make();
        bytes.put(0, std::string(made.begin(), made.end()));
        bytes.put(4096 + 32, place, 8);
        EXPECT_THAT(finding_ids(judge_bytes(bytes.bytes())), Contains("no-vmcoreinfo-place")) << place;
    }
}

TEST(lint_kdump, before_version_4_there_are_no_notes_and_everyone_looks_at_the_sub_header) {
    kdump_recipe file = of_x86_64();
    file.version = 3;
    EXPECT_THAT(finding_ids(judge_kdump(file)), ElementsAre("kdump-version-old", "no-registers"));
}

TEST(lint_kdump, keys_are_missed_in_the_text_that_the_reader_looks_at) {
    dump_bytes bytes(byte_order::little);
    kdump_recipe file = of_x86_64();
    const std::vector<uint8_t> made = file.make();
    bytes.put(0, std::string(made.begin(), made.end()));
    bytes.put(4096 + 40, std::string("OSRELEASE=6.1.0\nPAGESIZE=4096\n").size(), 8); // and no further
    EXPECT_EQ(unhappy(judge_bytes(bytes.bytes())), "crash partly, makedumpfile no");
}
