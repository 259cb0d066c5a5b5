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

const char* const only_riscv = "libkdumpfile partly"; // its Debian version knows no riscv64

lint_report judge_core(const core_recipe& recipe) {
    return judge_bytes(recipe.make());
}

/// The x86_64 core of a kernel, mapped as it maps itself.
core_recipe x86_64_core() {
    core_recipe core;
    core.machine = 62;
    core.harts = {{336, 32, 1}};
    core.loads = {{0x100000, 0xffff888000100000, 0x1000, 0x1000, 0}};
    core.vmcoreinfos = {
        "OSRELEASE=6.1.0\nPAGESIZE=4096\nSYMBOL(init_uts_ns)=ffffffff82617100\n"
        "SYMBOL(swapper_pg_dir)=ffffffff82610000\nNUMBER(phys_base)=-241172480\nSIZE(page)=64\n"
        "OFFSET(page.flags)=0\n"};
    return core;
}

} // namespace

TEST(lint_elf, a_good_core_of_riscv64_has_no_findings_but_the_old_libkdumpfile) {
    const lint_report report = judge_core({});
    EXPECT_THAT(finding_ids(report), ElementsAre("riscv"));
    EXPECT_EQ(unhappy(report), only_riscv);
    EXPECT_EQ(verdict_of(report, reader::volatility3), verdict::unsupported);
    EXPECT_EQ(exit_status(report, false), 0);
}

TEST(lint_elf, a_good_core_of_x86_64_is_opened_by_all) {
    const lint_report report = judge_core(x86_64_core());
    EXPECT_THAT(finding_ids(report), ElementsAre());
    for (const reader_report& each : report.readers)
        EXPECT_EQ(each.result, verdict::yes) << each.name;
}

TEST(lint_elf, a_big_endian_core_of_class_32_is_read_in_its_own_way) {
    core_recipe core;
    core.word = 4;
    core.order = byte_order::big;
    core.machine = 40; // arm
    core.header_size = core.program_headers_at = 52;
    core.program_header_size = 32;
    core.harts = {{148, 24, 1}};
    core.loads = {{0x40000000, 0xc0000000, 0x1000, 0x1000, 0}};
    const lint_report report = judge_core(core);
    EXPECT_THAT(report.summary,
                HasSubstr("32-bit big-endian arm, 1 segment, registers of 1 CPU, VMCOREINFO of 6.12"));
    EXPECT_EQ(unhappy(report), "");
}

TEST(lint_elf, program_headers_behind_section_headers_stop_makedumpfile) {
    core_recipe core;
    core.program_headers_at = 192;
    EXPECT_THAT(finding_ids(judge_core(core)), Contains("phdr-offset"));
    EXPECT_EQ(unhappy(judge_core(core)), "makedumpfile no, libkdumpfile partly");
}

TEST(lint_elf, section_headers_without_notes_hide_the_notes_from_eu_readelf) {
    core_recipe core;
    core.sections = 2;
    EXPECT_THAT(finding_ids(judge_core(core)), Contains("no-note-section"));
    EXPECT_EQ(unhappy(judge_core(core)), "libkdumpfile partly, eu-readelf no");
}

TEST(lint_elf, a_wrong_e_ehsize_is_a_remark) {
    core_recipe core;
    core.header_size = 8;
    EXPECT_THAT(finding_ids(judge_core(core)), Contains("ehsize"));
    EXPECT_EQ(unhappy(judge_core(core)), only_riscv);
}

TEST(lint_elf, a_wrong_e_phentsize_leaves_no_memory) {
    core_recipe core;
    core.program_header_size = 48;
    EXPECT_EQ(verdict_of(judge_core(core), reader::gdb), verdict::no);
    EXPECT_THAT(finding_ids(judge_core(core)), Contains("elf-headers"));
}

TEST(lint_elf, the_extended_count_of_program_headers_is_taken_from_section_0) {
    core_recipe core;
    core.program_header_count = 0xffff;
    EXPECT_THAT(finding_ids(judge_core(core)), Contains("elf-headers"));
    core.sections = 1;
    core.section_info = 2;
    EXPECT_THAT(finding_ids(judge_core(core)), ElementsAre("no-note-section", "riscv"));
    EXPECT_THAT(judge_core(core).summary, HasSubstr("1 segment,"));
}

TEST(lint_elf, a_core_without_memory_opens_nowhere) {
    core_recipe core;
    core.loads = {};
    EXPECT_EQ(verdict_of(judge_core(core), reader::crash), verdict::no);
}

TEST(lint_elf, riscv64_registers_must_have_376_bytes) {
    core_recipe core;
    core.harts[1].size = 384;
    const lint_report report = judge_core(core);
    EXPECT_THAT(report.findings.front().what,
                HasSubstr("1 NT_PRSTATUS notes not of riscv64's size; the first has 384"));
    EXPECT_EQ(unhappy(report), "gdb partly, crash partly, libkdumpfile partly, eu-readelf partly");
}

TEST(lint_elf, two_harts_of_one_pid_are_one_thread) {
    core_recipe core;
    core.harts[1].pid = 1;
    EXPECT_THAT(finding_ids(judge_core(core)), Contains("repeated-pid"));
    EXPECT_EQ(verdict_of(judge_core(core), reader::gdb), verdict::partly);
}

TEST(lint_elf, registers_must_belong_to_core) {
    core_recipe core;
    core.register_owner = "LINUX";
    EXPECT_THAT(finding_ids(judge_core(core)), ElementsAre("no-registers", "register-owner", "riscv"));
}

TEST(lint_elf, a_segment_that_is_not_wholly_in_the_file_is_lost_to_volatility3) {
    core_recipe core = x86_64_core();
    core.loads[0].memsz = 0x2000;
    EXPECT_EQ(unhappy(judge_core(core)), "volatility3 partly");
}

TEST(lint_elf, a_file_cut_off_is_told_with_the_number_of_segments) {
    core_recipe core;
    core.loads.push_back({0x90000000, 0xffffffd610000000, 0x1000, 0x1000, 0});
    core.cut = 1;
    const lint_report report = judge_core(core);
    EXPECT_THAT(finding_ids(report), ElementsAre("segments-cut", "riscv"));
    EXPECT_THAT(report.findings[0].what, HasSubstr("1 of 2 segments pass the end"));
    EXPECT_EQ(verdict_of(report, reader::makedumpfile), verdict::no);
    EXPECT_EQ(verdict_of(report, reader::readelf), verdict::yes);
}

TEST(lint_elf, an_aligned_first_segment_with_p_align_looks_like_a_netdump_to_crash) {
    core_recipe core;
    core.loads[0].align = 4096;
    EXPECT_EQ(unhappy(judge_core(core)), "crash partly, libkdumpfile partly");
}

TEST(lint_elf, unaligned_segments_are_a_remark) {
    core_recipe core;
    core.alignment = 4;
    EXPECT_THAT(finding_ids(judge_core(core)), Contains("unaligned"));
    EXPECT_EQ(unhappy(judge_core(core)), only_riscv);
}

TEST(lint_elf, segments_at_virtual_address_0_hide_each_other_from_gdb) {
    core_recipe core;
    core.loads[0].vaddr = 0;
    EXPECT_THAT(finding_ids(judge_core(core)), Contains("vaddr-zero"));
}

TEST(lint_elf, a_kernel_without_its_own_addresses_is_half_a_dump_to_gdb_and_drgn) {
    core_recipe core;
    core.loads[0].vaddr = core.loads[0].paddr;
    EXPECT_EQ(unhappy(judge_core(core)), "gdb partly, drgn partly, libkdumpfile partly");
    core.vmcoreinfos = {"OSRELEASE=firmware\nPAGESIZE=4096\n"}; // which has no addresses of its own
    EXPECT_EQ(verdict_of(judge_core(core), reader::gdb), verdict::yes);
}

TEST(lint_elf, without_vmcoreinfo_riscv64_opens_in_gdb_and_readelf_only) {
    core_recipe core;
    core.vmcoreinfos = {};
    EXPECT_EQ(unhappy(judge_core(core)), "crash no, drgn partly, makedumpfile no, libkdumpfile no");
    EXPECT_EQ(exit_status(judge_core(core), false), 1);
}

TEST(lint_elf, without_vmcoreinfo_crash_needs_the_notes_of_qemu_to_find_x86_64_s_kernel) {
    core_recipe core = x86_64_core();
    core.vmcoreinfos = {};
    EXPECT_EQ(unhappy(judge_core(core)), "crash no, drgn partly, makedumpfile no, libkdumpfile partly");
    core.qemu_note = true;
    EXPECT_EQ(verdict_of(judge_core(core), reader::crash), verdict::partly);
}

TEST(lint_elf, with_notes_of_qemu_and_no_vmcoreinfo_drgn_refuses) {
    core_recipe core = x86_64_core();
    core.vmcoreinfos = {};
    core.qemu_note = true;
    EXPECT_EQ(verdict_of(judge_core(core), reader::drgn), verdict::no);
}

TEST(lint_elf, a_second_vmcoreinfo_may_be_taken_for_the_first) {
    core_recipe core;
    core.vmcoreinfos.push_back("OSRELEASE=1.0\n");
    EXPECT_THAT(finding_ids(judge_core(core)), Contains("several-vmcoreinfos"));
    EXPECT_EQ(verdict_of(judge_core(core), reader::drgn), verdict::partly);
}

TEST(lint_elf, a_note_longer_than_the_notes_is_told) {
    std::vector<uint8_t> bytes = core_recipe().make();
    bytes[64 + 32] = 100; // p_filesz of the PT_NOTE
    bytes[64 + 33] = 0;
    EXPECT_THAT(finding_ids(judge_bytes(bytes)), Contains("malformed-notes"));
    EXPECT_EQ(verdict_of(judge_bytes(bytes), reader::gdb), verdict::no);
}

TEST(lint_elf, a_kernel_is_known_by_where_its_cpu_is_when_no_note_tells_of_it) {
    core_recipe core = x86_64_core();
    core.vmcoreinfos = {};
    core.loads = {{0x100000, 0x100000, 0x1000, 0x1000, 0}};
    std::vector<uint8_t> bytes = core.make();
    EXPECT_THAT(finding_ids(judge_bytes(bytes)), Not(Contains("physical-only")));
    const size_t notes = 64 + 2 * 56, rip = notes + 20 + 240;
    bytes[rip + 7] = 0xff;
    EXPECT_THAT(finding_ids(judge_bytes(bytes)), Contains("physical-only"));
    EXPECT_EQ(verdict_of(judge_bytes(bytes), reader::gdb), verdict::partly);
}

class lint_core_with : public ::testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(lint_core_with, a_text_that_a_reader_cannot_use) {
    core_recipe core;
    core.vmcoreinfos = {GetParam().first};
    EXPECT_EQ(unhappy(judge_core(core)), GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(
    each, lint_core_with,
    ::testing::Values(
        std::pair(text_without("OSRELEASE"), "crash partly, drgn no, libkdumpfile partly"),
        std::pair(text_without("PAGESIZE"), "drgn no, makedumpfile partly, libkdumpfile no"),
        std::pair(text_without("SYMBOL(swapper_pg_dir)"), "drgn no, makedumpfile no, libkdumpfile partly"),
        std::pair(text_without("SYMBOL(init_uts_ns)"), "makedumpfile no, libkdumpfile partly"),
        std::pair(text_without("NUMBER(phys_ram_base)"), "crash no, makedumpfile no, libkdumpfile partly"),
        std::pair(text_without("NUMBER(VMEMMAP_END)"), "crash no, makedumpfile no, libkdumpfile partly"),
        std::pair(text_without("NUMBER(VA_BITS)"), "crash partly, makedumpfile no, libkdumpfile partly"),
        std::pair(text_with("PAGESIZE", "5000"), "drgn no, libkdumpfile no"),
        std::pair(text_with("NUMBER(phys_ram_base)", "0x80000000"), "crash no, libkdumpfile partly"),
        std::pair(text_with("NUMBER(PAGE_OFFSET)", "18446743523953737728"), "crash no, libkdumpfile partly"),
        std::pair(text_with("OSRELEASE", "not a release"), only_riscv)));

TEST(lint_elf, an_old_kernel_need_not_write_what_came_later) {
    core_recipe core;
    core.vmcoreinfos = {text_without("NUMBER(va_kernel_pa_offset)")};
    EXPECT_EQ(verdict_of(judge_core(core), reader::crash), verdict::no);
    std::string& text = core.vmcoreinfos[0];
    text.replace(text.find("6.12.107"), 8, "6.3.9"); // the key came with 6.4
    EXPECT_EQ(verdict_of(judge_core(core), reader::crash), verdict::yes);
}
