// CPUs read back from core files: what was written, and what somebody cut off or made up.

#include "models/dump/cpu_state.h"

#include "models/dump/elf_core.h"
#include "models/dump/note.h"

#include <gmock/gmock.h>
#include <stdexcept>

using namespace vmcore;
using testing::HasSubstr;

namespace {

using bytes = std::vector<uint8_t>;

/// Headers and notes of a core without memory.
bytes core_of(const dump_target& target, const std::vector<elf_note>& notes) {
    bytes contents;
    for (const elf_note& note : notes)
        contents.insert(contents.end(), note.bytes.begin(), note.bytes.end());
    const core_layout layout = lay_out_core(target, contents.size(), {});
    bytes file = build_core_headers(target, layout);
    file.resize(layout.note_offset);
    file.insert(file.end(), contents.begin(), contents.end());
    return file;
}

std::vector<cpu_state> two_cpus(const dump_target& target) {
    std::vector<cpu_state> cpus(2);
    uint64_t value = 1;
    for (cpu_state& cpu : cpus)
        for (const std::string& name : noted_registers(target))
            cpu.set(name, value++);
    return cpus;
}

bytes core_of(const dump_target& target) {
    const std::vector<cpu_state> cpus = two_cpus(target);
    return core_of(target, build_cpu_notes(target, {&cpus[0], &cpus[1]}));
}

std::string refusal(const bytes& file) {
    try {
        read_core_cpus(file);
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
        return error.what();
    }
    return "no error";
}

TEST(core_cpus, come_back_with_every_register_on_every_target) {
    for (const dump_target& target : dump_targets()) {
        const std::vector<cpu_state> written = two_cpus(target);
        const cpu_states read = read_core_cpus(core_of(target));
        EXPECT_EQ(read.target, target.name);
        ASSERT_EQ(read.cpus.size(), 2u) << target.name;
        for (size_t cpu : {0, 1})
            for (const std::string& name : noted_registers(target))
                EXPECT_EQ(read.cpus[cpu].register_value(name), written[cpu].register_value(name))
                    << target.name << " " << name;
    }
}

TEST(core_cpus, of_i386_come_from_elf64_too) {
    const cpu_states read =
        read_core_cpus(core_of(target_for(find_dump_target("i386"), {{0xffff0000, 0x10000, nullptr}})));
    EXPECT_EQ(read.target, "i386");
    EXPECT_EQ(read.cpus.size(), 2u);
}

TEST(core_cpus, of_x86_tell_by_the_machine_whether_they_are_in_long_mode) {
    EXPECT_EQ(read_core_cpus(core_of(find_dump_target("x86_64"))).cpus[1].register_value("efer"), 0x500u);
    EXPECT_EQ(read_core_cpus(core_of(find_dump_target("i386"))).cpus[1].register_value("efer"), 0u);
    EXPECT_EQ(read_core_cpus(core_of(find_dump_target("arm"))).cpus[1].register_value("efer"), std::nullopt);
}

TEST(core_cpus, need_no_note_but_prstatus) {
    const dump_target& target = find_dump_target("x86_64");
    const std::vector<cpu_state> cpus = two_cpus(target);
    std::vector<elf_note> notes = build_cpu_notes(target, {&cpus[0], &cpus[1]});
    notes.resize(2);
    const cpu_states read = read_core_cpus(core_of(target, notes));
    EXPECT_EQ(read.cpus[1].register_value("rip"), cpus[1].register_value("rip"));
    EXPECT_EQ(read.cpus[1].register_value("cr3"), std::nullopt);
}

TEST(core_cpus, a_file_that_is_cut_off_anywhere_before_the_end_of_its_notes_is_told) {
    for (const char* name : {"x86_64", "i386"}) {
        bytes file = core_of(find_dump_target(name));
        while (!file.empty()) {
            file.pop_back();
            EXPECT_THAT(refusal(file), HasSubstr("cut off in its ")) << file.size();
        }
    }
}

TEST(core_cpus, what_lies_behind_the_notes_does_not_matter) {
    bytes file = core_of(find_dump_target("x86_64"));
    file.insert(file.end(), 1000, 0xee);
    EXPECT_EQ(read_core_cpus(file).cpus.size(), 2u);
}

TEST(core_cpus, notes_of_another_size_or_number_are_told) {
    const dump_target& target = find_dump_target("x86_64");
    const std::vector<cpu_state> cpus = two_cpus(target);
    const std::vector<elf_note> notes = build_cpu_notes(target, {&cpus[0], &cpus[1]});
    EXPECT_EQ(refusal(core_of(target, {notes[2], notes[3]})),
              "a core without CORE notes of type 1, which have the CPUs' registers");
    EXPECT_EQ(refusal(core_of(target, {notes[0], notes[1], notes[2]})),
              "a core with 1 QEMU notes of type 0, expected one for each of its 2 CPUs");
    EXPECT_EQ(refusal(core_of(target, {notes[0], notes[2], notes[3]})),
              "a core with more QEMU notes of type 0 than CPUs (1)");
    EXPECT_EQ(refusal(core_of(target, build_cpu_notes(find_dump_target("riscv64"), {&cpus[0]}))),
              "a core whose CORE notes of type 1 have 376 bytes, expected 336");
    EXPECT_EQ(refusal(core_of(target, std::vector<elf_note>(most_core_cpus + 1, notes[0]))),
              "a core with more than 1024 CPUs");
}

TEST(core_cpus, other_elf_files_are_told) {
    const dump_target& target = find_dump_target("x86_64");
    bytes file = core_of(target);
    const auto with = [&](size_t offset, uint8_t value) {
        bytes changed = file;
        changed[offset] = value;
        return refusal(changed);
    };
    EXPECT_EQ(with(16, 2), "an ELF file of type 2, expected a core (4)");
    EXPECT_EQ(with(18, 8), "a core of machine 8, which no dump target has");
    EXPECT_EQ(with(4, 3), "an ELF file of class 3 and byte order 1, expected 1 or 2 for each");
    EXPECT_EQ(with(5, 0), "an ELF file of class 2 and byte order 0, expected 1 or 2 for each");
    EXPECT_EQ(with(54, 57), "a core with program headers of 57 bytes, expected 56");
    EXPECT_EQ(with(56, 0), "a core without notes: none of its 0 program headers is a PT_NOTE");
    EXPECT_EQ(with(64, 1), "a core without notes: none of its 1 program headers is a PT_NOTE");
    EXPECT_THAT(with(39, 0xff), HasSubstr("cut off in its program headers"));
    EXPECT_THAT(with(64 + 15, 0xff), HasSubstr("cut off in its notes"));
    EXPECT_THAT(with(64 + 39, 0xff), HasSubstr("cut off in its notes"));
    EXPECT_THAT(with(120 + 3, 0xff), HasSubstr("cut off in its notes")) << "a name of 4 GiB";
}

} // namespace
