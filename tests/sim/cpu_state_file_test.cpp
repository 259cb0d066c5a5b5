#include "sim/cpu_state_file.h"

#include "models/dump/elf_core.h"
#include "models/dump/note.h"
#include "sim/key_values.h"
#include "sim/machine_options.h"
#include "tests/platform/temporary_file.h"

#include <gmock/gmock.h>
#include <string>

using testing::HasSubstr;

namespace vmcore::sim {
namespace {

using test::temporary_file;

cpu_states load(const std::string& text) {
    return load_cpu_states("--cpu-state", temporary_file({text.begin(), text.end()}).path());
}

/// What a refusal says behind the file's name.
std::string refusal(const std::vector<uint8_t>& contents) {
    const temporary_file file(contents);
    const std::string start = "--cpu-state '" + file.path() + "': ";
    try {
        load_cpu_states("--cpu-state", file.path());
    } catch (const usage_error& error) {
        const std::string text = error.what();
        EXPECT_EQ(text.substr(0, start.size()), start);
        EXPECT_EQ(text.find('\n'), std::string::npos);
        return text.substr(start.size());
    }
    return "no error";
}

std::string refusal(const std::string& text) {
    return refusal(std::vector<uint8_t>(text.begin(), text.end()));
}

/// The same of one register.
std::string register_refusal(const std::string& members) {
    return refusal(R"({"cpus": [{)" + members + "}]}");
}

std::vector<uint8_t> core_of(const std::string& target, size_t count) {
    const dump_target& row = find_dump_target(target);
    cpu_state cpu;
    cpu.set("rip", 0x1234);
    std::vector<uint8_t> contents;
    for (const elf_note& note : build_cpu_notes(row, std::vector<const cpu_context*>(count, &cpu)))
        contents.insert(contents.end(), note.bytes.begin(), note.bytes.end());
    const core_layout layout = lay_out_core(row, contents.size(), {});
    std::vector<uint8_t> file = build_core_headers(row, layout);
    file.resize(layout.note_offset);
    file.insert(file.end(), contents.begin(), contents.end());
    return file;
}

TEST(cpu_state_file, json_names_registers) {
    const cpu_states read = load(R"({"cpus": [
        {"rax": "0xffffffff81000000", "cr3": 4096, "r15": "7",
         "cs": {"selector": 16, "base": "0x1000", "limit": 4294967295, "flags": "0xa09b00"},
         "gdt": {"base": "0xfffffe0000001000", "limit": 127}, "ds": 24},
        {"rip": 18446744073709551615}]})");
    EXPECT_EQ(read.target, "x86_64");
    ASSERT_EQ(read.cpus.size(), 2u);
    const std::pair<const char*, uint64_t> expected[] = {{"rax", 0xffffffff81000000},
                                                         {"cr3", 4096},
                                                         {"r15", 7},
                                                         {"cs", 16},
                                                         {"cs.base", 0x1000},
                                                         {"cs.limit", 0xffffffff},
                                                         {"cs.flags", 0xa09b00},
                                                         {"ds", 24},
                                                         {"gdt.base", 0xfffffe0000001000},
                                                         {"gdt.limit", 127}};
    for (const auto& [name, value] : expected)
        EXPECT_EQ(read.cpus[0].register_value(name), value) << name;
    EXPECT_EQ(read.cpus[0].register_value("rbx"), std::nullopt);
    EXPECT_EQ(read.cpus[1].register_value("rip"), ~uint64_t(0));
}

TEST(cpu_state_file, efer_of_the_first_cpu_tells_the_machine) {
    EXPECT_EQ(load(R"({"cpus": [{"efer": "0x500"}]})").target, "x86_64");
    EXPECT_EQ(load(R"({"cpus": [{"efer": "0xd01"}, {"efer": 0}]})").target, "x86_64");
    EXPECT_EQ(load(R"({"cpus": [{"efer": "0x100"}]})").target, "i386") << "enabled, and not active";
}

TEST(cpu_state_file, a_32_bit_cpu_may_have_its_own_names) {
    const cpu_state cpu =
        load(R"({"cpus": [{"eax": 1, "esp": 2, "eip": 3, "eflags": 4, "efer": 0}]})").cpus[0];
    EXPECT_EQ(cpu.register_value("rax"), 1u);
    EXPECT_EQ(cpu.register_value("rsp"), 2u);
    EXPECT_EQ(cpu.register_value("rip"), 3u);
    EXPECT_EQ(cpu.register_value("rflags"), 4u);
}

TEST(cpu_state_file, an_unknown_register_names_the_nearest) {
    EXPECT_EQ(register_refusal(R"("rxa": 1)"), "cpus[0].rxa: no such register, did you mean 'rax'?");
    EXPECT_EQ(register_refusal(R"("cs": {"lmit": 1})"),
              "cpus[0].cs.lmit: no such register, did you mean 'limit'?");
    EXPECT_EQ(register_refusal(R"("x1\n": 1)"), "cpus[0].x1\\x0a: no such register");
    EXPECT_EQ(register_refusal(R"("instruction pointer": 1)"),
              "cpus[0].instruction pointer: no such register");
}

TEST(cpu_state_file, values_are_whole_numbers_that_fit) {
    for (const char* value : {"-1", "1.5", "null", "true", "[1]", "1e3", "18446744073709551616"})
        EXPECT_THAT(register_refusal(R"("rax": )" + std::string(value)), HasSubstr("expected a whole number"))
            << value;
    for (const char* value : {"", "0x", "0x1g", "-1", "rax", "0x10000000000000000"})
        EXPECT_THAT(register_refusal(R"("rax": ")" + std::string(value) + '"'), HasSubstr("is not a number"))
            << value;
    EXPECT_EQ(register_refusal(R"("cs": {"limit": 4294967296})"), "cpus[0].cs.limit: more than 32 bits");
    EXPECT_EQ(register_refusal(R"("gs": {"flags": "0x100000000"})"), "cpus[0].gs.flags: more than 32 bits");
    EXPECT_EQ(register_refusal(R"("gdt": {"limit": "0x100000000"})"), "cpus[0].gdt.limit: more than 32 bits");
    EXPECT_EQ(register_refusal(R"("cs": "0x10000")"), "cpus[0].cs: more than 16 bits");
    EXPECT_EQ(register_refusal(R"("tr": {"selector": 65536})"), "cpus[0].tr.selector: more than 16 bits");
    EXPECT_EQ(register_refusal(R"("eip": 4294967296)"), "cpus[0].eip: more than 32 bits");
    EXPECT_EQ(load(R"({"cpus": [{"cs": "0xffff", "eip": "0xffffffff"}]})").cpus[0].register_value("rip"),
              0xffffffffu);
    EXPECT_EQ(register_refusal(R"("rax": {"selector": 1})"),
              "cpus[0].rax: an object, expected a number; segments and tables are objects");
}

TEST(cpu_state_file, a_register_is_named_once) {
    EXPECT_EQ(register_refusal(R"("rip": 1, "rip": 2)"), "'rip' is there twice, expected once");
    EXPECT_EQ(register_refusal(R"("rip": 1, "r\u0069p": 1)"), "'rip' is there twice, expected once");
    EXPECT_EQ(register_refusal(R"("cs": 1, "cs": {"base": 2})"), "'cs' is there twice, expected once");
    EXPECT_EQ(register_refusal(R"("cs": {"base": 1, "base": 2})"), "'base' is there twice, expected once");
    EXPECT_EQ(register_refusal(R"("rip": 1, "eip": 1)"),
              "cpus[0].eip: another name has set 'rip', expected one of them");
    EXPECT_EQ(register_refusal(R"("cs.base": 1, "cs": {"base": 2})"),
              "cpus[0].cs.base: another name has set 'cs.base', expected one of them");
    EXPECT_EQ(refusal(std::string(R"({"cpus": [{}], "cpus": [{}]})")),
              "'cpus' is there twice, expected once");
    EXPECT_EQ(load(R"({"cpus": [{"rip": 1, "cs": {"base": 1}, "ds": {"base": 1}}, {"rip": 2}]})").cpus.size(),
              2u);
}

TEST(cpu_state_file, anything_else_in_json_is_told) {
    EXPECT_THAT(refusal(std::string("")), HasSubstr("expected an ELF core or a JSON object"));
    EXPECT_THAT(refusal(std::string("[]")), HasSubstr("expected an ELF core or a JSON object"));
    EXPECT_THAT(refusal(std::string("{\"cpus\": [}")), HasSubstr("expected an ELF core or a JSON object: "));
    EXPECT_THAT(refusal("{\"cpus\":" + std::string(100, '[')), HasSubstr("expected an ELF core"));
    EXPECT_EQ(refusal(std::string("{}")), "no CPUs, expected {\"cpus\": [{...}]}");
    EXPECT_EQ(refusal(std::string(R"({"cpus": []})")), "no CPUs, expected {\"cpus\": [{...}]}");
    EXPECT_EQ(refusal(std::string(R"({"cpus": {}})")), "cpus: expected an array of objects");
    EXPECT_EQ(refusal(std::string(R"({"cpus": [1]})")), "cpus[0]: expected an object of registers");
    EXPECT_EQ(refusal(std::string(R"({"cpu": []})")), "'cpu', expected \"cpus\" and nothing else");
    std::string many = R"({"cpus": [{})";
    for (int i = 0; i < 255; ++i)
        many += ",{}";
    EXPECT_EQ(refusal(many + "]}"), "256 CPUs, expected at most 255");
    EXPECT_EQ(refusal(std::string((1 << 20) + 1, ' ')),
              "no ELF core, and longer than the 1 MiB that JSON may have");
}

TEST(cpu_state_file, a_core_gives_its_cpus) {
    for (const char* target : {"x86_64", "i386"}) {
        const temporary_file file(core_of(target, 3));
        const cpu_states read = load_cpu_states("--cpu-state", file.path());
        EXPECT_EQ(read.target, target);
        ASSERT_EQ(read.cpus.size(), 3u);
        EXPECT_EQ(read.cpus[2].register_value("rip"), 0x1234u);
    }
}

TEST(cpu_state_file, a_core_that_no_pc_could_leave_is_told) {
    EXPECT_EQ(refusal(core_of("aarch64", 1)), "a core of aarch64, expected x86_64 or i386");
    EXPECT_EQ(refusal(core_of("x86_64", 256)), "256 CPUs, expected at most 255");
    std::vector<uint8_t> cut = core_of("x86_64", 1);
    cut.resize(cut.size() - 4);
    EXPECT_THAT(refusal(cut), HasSubstr("cut off in its notes"));
}

board_config complete(machine_type type, const std::string& smp_text = "") {
    smp_option smp;
    if (!smp_text.empty())
        parse_smp("-smp", smp_text, smp);
    board_config board;
    board.cpu_state = cpu_states{"x86_64", std::vector<cpu_state>(2)};
    complete_machine(type, {}, smp, {}, board);
    return board;
}

TEST(cpu_state_option, tells_how_many_cpus_the_machine_has) {
    EXPECT_EQ(complete(machine_type::pc).cpus, 2u);
    EXPECT_EQ(complete(machine_type::pc).max_cpus, 2u);
    EXPECT_EQ(complete(machine_type::pc, "2,maxcpus=4").max_cpus, 4u);
    try {
        complete(machine_type::pc, "3");
        FAIL();
    } catch (const usage_error& error) {
        EXPECT_STREQ(error.what(), "--cpu-state: a file with 2 CPUs, -smp says 3");
    }
}

TEST(cpu_state_option, is_an_error_on_a_board_with_cpus_of_its_own) {
    try {
        complete(machine_type::virt);
        FAIL();
    } catch (const usage_error& error) {
        EXPECT_STREQ(error.what(), "--cpu-state: the virt board has CPUs of its own, expected -M pc");
    }
}

} // namespace
} // namespace vmcore::sim
