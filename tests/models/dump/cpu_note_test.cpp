#include "models/dump/note.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"

#include <gmock/gmock.h>
#include <stdexcept>

using namespace vmcore;
using namespace vmcore::test;
using testing::HasSubstr;

namespace {

std::string text(const elf_note& note) {
    return {note.bytes.begin(), note.bytes.end()};
}

TEST(cpu_note, riscv64_prstatus_is_the_size_that_readers_know_it_by) {
    const fake_cpu cpu(0x1122334455667700);
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("riscv64"), {&cpu});
    ASSERT_EQ(notes.size(), 1u);
    const std::string bytes = text(notes[0]);
    ASSERT_EQ(bytes.size(), 396u);
    EXPECT_EQ(little(bytes, 0, 4), 5u);
    EXPECT_EQ(little(bytes, 4, 4), 376u);
    EXPECT_EQ(little(bytes, 8, 4), 1u);
    EXPECT_EQ(bytes.substr(12, 8), std::string("CORE\0\0\0\0", 8));
    const std::string desc = bytes.substr(20);
    EXPECT_EQ(little(desc, 32, 4), 1u);
    for (unsigned i = 0; i < 32; ++i)
        EXPECT_EQ(little(desc, 112 + 8 * i, 8), 0x1122334455667700 + i) << i;
    EXPECT_EQ(desc.substr(0, 32), std::string(32, '\0'));
    EXPECT_EQ(desc.substr(36, 76), std::string(76, '\0'));
    EXPECT_EQ(desc.substr(368), std::string(8, '\0'));
}

TEST(cpu_note, riscv32_prstatus_keeps_the_low_half_of_the_registers) {
    const fake_cpu cpu(0xffffffff80000000);
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("riscv32"), {&cpu});
    ASSERT_EQ(notes.size(), 1u);
    const std::string bytes = text(notes[0]);
    ASSERT_EQ(bytes.size(), 224u);
    EXPECT_EQ(little(bytes, 4, 4), 204u);
    EXPECT_EQ(little(bytes, 20 + 24, 4), 1u);
    for (unsigned i = 0; i < 32; ++i)
        EXPECT_EQ(little(bytes, 20 + 72 + 4 * i, 4), 0x80000000 + i) << i;
    EXPECT_EQ(bytes.substr(220), std::string(4, '\0'));
}

TEST(cpu_note, x86_64_prstatus_has_27_registers_from_r15_to_gs) {
    const fake_cpu cpu(0x8877665544332200, 27);
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("x86_64"), {&cpu, &cpu});
    ASSERT_EQ(notes.size(), 2u);
    const std::string bytes = text(notes[1]);
    ASSERT_EQ(bytes.size(), 356u);
    EXPECT_EQ(little(bytes, 4, 4), 336u);
    EXPECT_EQ(bytes.substr(12, 8), std::string("CORE\0\0\0\0", 8));
    const std::string desc = bytes.substr(20);
    EXPECT_EQ(little(desc, 32, 4), 2u);
    for (unsigned i = 0; i < 27; ++i)
        EXPECT_EQ(little(desc, 112 + 8 * i, 8), 0x8877665544332200 + i) << i;
    EXPECT_EQ(desc.substr(328), std::string(8, '\0'));
}

TEST(cpu_note, x86_64_with_the_registers_of_another_cpu_is_a_mistake_of_the_platform) {
    const fake_cpu riscv;
    try {
        build_cpu_notes(find_dump_target("x86_64"), {&riscv});
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "CPU 0 gives 32 registers, a x86_64 dump expects 27");
    }
}

TEST(cpu_note, each_cpu_has_its_own_pid_in_order) {
    const fake_cpu a(100), b(200), c(300);
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("riscv64"), {&a, &b, &c});
    ASSERT_EQ(notes.size(), 3u);
    for (unsigned i = 0; i < 3; ++i) {
        EXPECT_EQ(little(text(notes[i]), 20 + 32, 4), i + 1);
        EXPECT_EQ(little(text(notes[i]), 20 + 112, 8), 100 * (i + 1));
    }
}

TEST(cpu_note, a_cpu_with_another_number_of_registers_is_a_mistake_of_the_platform) {
    const fake_cpu good, bad(0, 33);
    try {
        build_cpu_notes(find_dump_target("riscv64"), {&good, &bad});
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "CPU 1 gives 33 registers, a riscv64 dump expects 32");
    }
}

// The notes of an x86-like target with a CORE and a vendor's note a CPU, in the file order that its readers
// expect.
TEST(cpu_note, notes_of_a_group_come_before_those_of_the_next) {
    const register_block registers = {&cpu_context::general_registers, 8, 2, 3};
    dump_target target = find_dump_target("riscv64");
    target.order = byte_order::big;
    target.note_groups = {{{"CORE", 1, 16, 0, registers, {{14, 2, 1}}}, {"LINUX", 2, 14, {}, registers, {}}},
                          {{"QEMU", 0, 14, {}, registers, {}}}};
    const fake_cpu a(0x10203, 3), b(0x20, 3);
    const std::vector<elf_note> notes = build_cpu_notes(target, {&a, &b});
    std::string order;
    for (const elf_note& note : notes)
        order += note.owner + " ";
    EXPECT_EQ(order, "CORE LINUX CORE LINUX QEMU QEMU ");
    EXPECT_EQ(text(notes[0]), std::string("\0\0\0\5\0\0\0\x10\0\0\0\1CORE\0\0\0\0"
                                          "\0\0\0\1\0\0\0\0\2\3\2\4\2\5\0\1",
                                          36));
    EXPECT_EQ(text(notes[1]).size(), 12 + 8 + 16u) << "a descriptor of 14 bytes is padded";
    EXPECT_EQ(notes[1].size, 14u);
}

TEST(dump_target, unknown_names_list_the_known_ones) {
    try {
        find_dump_target("sparc");
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "unknown dump target 'sparc': expected one of riscv64, riscv32, x86_64");
    }
}

TEST(dump_target, every_row_keeps_its_fields_inside_its_note) {
    for (const dump_target& target : dump_targets())
        for (const auto& group : target.note_groups)
            for (const cpu_note_layout& note : group) {
                const register_block& block = note.registers;
                EXPECT_LE(block.offset + block.width * block.count, note.size) << target.name;
                if (note.pid_offset) {
                    EXPECT_LE(*note.pid_offset + 4, block.offset) << target.name;
                }
                for (const constant_field& field : note.constants)
                    EXPECT_LE(field.offset + field.width, note.size) << target.name;
            }
}

} // namespace
