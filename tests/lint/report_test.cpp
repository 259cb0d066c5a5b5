#include "tests/lint/dump_bytes.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <set>

using namespace vmcore::lint;
using namespace vmcore::lint::testing;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

namespace {

dump_facts facts_of(const std::vector<uint8_t>& bytes) {
    return examine(memory_source(bytes));
}

std::vector<uint8_t> without_headers_in_place() {
    core_recipe core;
    core.program_headers_at = 192;
    return core.make();
}

std::string complaint(const std::string& bytes) {
    try {
        judge_bytes({bytes.begin(), bytes.end()});
    } catch (const not_a_dump& error) {
        return error.what();
    }
    return "none";
}

} // namespace

TEST(lint_report, only_the_readers_asked_for_are_judged) {
    const dump_facts facts = facts_of(without_headers_in_place());
    const lint_report gdb = judge(facts, {reader::gdb});
    ASSERT_EQ(gdb.readers.size(), 1u);
    EXPECT_TRUE(gdb.findings.empty()) << "they are others' trouble";
    EXPECT_EQ(exit_status(gdb, true), 0);
    EXPECT_EQ(exit_status(judge(facts, {reader::makedumpfile}), true), 1);
}

TEST(lint_report, a_reader_that_takes_no_such_dump_fails_only_when_it_was_named) {
    const lint_report report = judge(facts_of(core_recipe().make()), {reader::volatility3});
    EXPECT_EQ(exit_status(report, false), 0);
    EXPECT_EQ(exit_status(report, true), 1);
}

TEST(lint_report, the_text_names_reader_version_verdict_finding_and_remedy) {
    const std::string text = to_text(judge_bytes(without_headers_in_place()), "FILE");
    EXPECT_THAT(text, HasSubstr("FILE: ELF core, 64-bit"));
    EXPECT_THAT(text, HasSubstr("  makedumpfile  1.7.6    no          Debian 12's 1.7.2 does not know"));
    EXPECT_THAT(text, HasSubstr("phdr-offset: program headers at 0xc0"));
    EXPECT_THAT(text, HasSubstr("  makedumpfile (no) says \"Can't get the number of PT_LOAD\"\n"));
    EXPECT_THAT(text, HasSubstr("  -> write program headers"));
}

TEST(lint_report, json_tells_the_same) {
    const boost::json::value json =
        boost::json::parse(to_json(judge_bytes(without_headers_in_place()), "FILE"));
    EXPECT_EQ(json.at("file").as_string(), "FILE");
    EXPECT_EQ(json.at("readers").as_array().size(), readers().size());
    const boost::json::value& finding = json.at("findings").as_array().at(0);
    EXPECT_EQ(finding.at("id").as_string(), "phdr-offset");
    EXPECT_EQ(finding.at("effects").at(0).at("reader").as_string(), "makedumpfile");
    EXPECT_EQ(finding.at("effects").at(0).at("verdict").as_string(), "no");
}

TEST(lint_report, what_the_guest_wrote_cannot_reach_a_terminal_unprintable) {
    core_recipe core;
    core.vmcoreinfos = {"OSRELEASE=\x1b[2Jevil\xff\n"};
    const lint_report report = judge_bytes(core.make());
    EXPECT_THAT(report.summary, HasSubstr("VMCOREINFO of ?[2Jevil?"));
    EXPECT_THAT(to_text(report, "FILE"), Not(HasSubstr("\x1b")));
}

TEST(lint_report, a_name_reaches_a_terminal_without_its_control_characters_and_what_is_no_utf_8) {
    const lint_report report = judge_bytes(core_recipe().make());
    const std::pair<std::string, std::string> names[] = {
        {"a\x1b[2J\nb\x7f", "a\\x1b[2J\\x0ab\\x7f: ELF"},
        {"caf\u00e9 \u6f22 \U0001f600", "caf\u00e9 \u6f22 \U0001f600: ELF"},
        {"C1: \u009b2J", "C1: \\xc2\\x9b2J: ELF"},
        {"\xffz\xc3", "\\xffz\\xc3: ELF"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80: ELF"}};
    for (const auto& [name, expected] : names)
        EXPECT_THAT(to_text(report, name), StartsWith(expected));
}

TEST(lint_report, json_has_the_name_that_was_given) {
    const lint_report report = judge_bytes(core_recipe().make());
    const auto file_of = [&](const std::string& name) {
        return std::string(boost::json::parse(to_json(report, name)).at("file").as_string());
    };
    for (const char* name :
         {"caf\u00e9 \u6f22 \U0001f600", "a\x1b[2J\nb\x7f", "\u009b", "with \"quotes\" and \\"})
        EXPECT_EQ(file_of(name), name);
    EXPECT_EQ(file_of("caf\xe9.elf"), "caf\\xe9.elf") << "Latin-1, which JSON cannot hold";
}

TEST(lint_report, every_rule_has_an_id_of_its_own_and_only_bad_effects) {
    std::set<std::string> ids;
    for (const rule& each : rules()) {
        EXPECT_TRUE(ids.insert(each.id).second) << each.id;
        for (const effect& one : each.effects)
            EXPECT_TRUE(one.result == verdict::partly || one.result == verdict::no) << each.id;
    }
}

TEST(lint_report, what_is_no_dump_is_told_by_what_it_is) {
    EXPECT_THAT(complaint(""), HasSubstr("empty"));
    EXPECT_THAT(complaint("QEVM....................."), HasSubstr("migration stream"));
    EXPECT_THAT(complaint("\x28\xb5\x2f\xfd..............."), HasSubstr("zstd"));
    EXPECT_THAT(complaint("\x7f"
                          "ELF\x02\x01\x01"),
                HasSubstr("ends within its header"));
    EXPECT_THAT(complaint("some text"), HasSubstr("expected an ELF core or a kdump file"));
    std::vector<uint8_t> program = core_recipe().make();
    program[16] = 2;
    EXPECT_THAT(complaint({program.begin(), program.end()}), HasSubstr("type 2, expected a core"));
}

TEST(lint_report, what_is_left_of_a_dump_is_told_to_be_cut_off) {
    const auto start_of = [](const std::vector<uint8_t>& bytes, size_t length) {
        return std::string(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    };
    for (const size_t length : {64, 200, 463})
        EXPECT_EQ(complaint(start_of(kdump_recipe().make(), length)),
                  "a kdump file that ends within its header: it was cut off");
    EXPECT_EQ(complaint(start_of(core_recipe().make(), 63)),
              "an ELF file that ends within its header: it was cut off");
    const std::vector<uint8_t> flat = flatten(kdump_recipe().make(), 1000);
    EXPECT_EQ(complaint(start_of(flat, 20)), "flattened, and cut off within its header");
    for (const size_t length : {100, 4096, 4096 + 8, 4096 + 16})
        EXPECT_EQ(complaint(start_of(flat, length)), "flattened, and cut off before its first record")
            << length;
    EXPECT_EQ(complaint(start_of(flat, 4096 + 16 + 200)),
              "flattened, and cut off: a kdump file that ends within its header: it was cut off");
    EXPECT_EQ(complaint(start_of(flat, 4096) + std::string(16, '\xff')), "flattened, but without a record");
}
