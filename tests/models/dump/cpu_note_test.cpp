#include "models/dump/cpu_state.h"
#include "models/dump/note.h"
#include "models/dump/riscv_state_note.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <map>
#include <stdexcept>

using namespace vmcore;
using namespace vmcore::test;
using testing::ElementsAre;

namespace {

std::string text(const elf_note& note) {
    return {note.bytes.begin(), note.bytes.end()};
}

/// The descriptor of a note whose owner has 4 to 7 letters.
std::string descriptor(const elf_note& note) {
    return text(note).substr(20, note.size);
}

/// A CPU that has a different value in each register that the target's notes know.
cpu_state full_cpu(const std::string& target) {
    cpu_state cpu;
    uint64_t value = 0x1122334455667701;
    for (const std::string& name : noted_registers(find_dump_target(target)))
        cpu.set(name, value += 0x0101010101010107);
    return cpu;
}

std::string owners(const std::vector<elf_note>& notes) {
    std::string all;
    for (const elf_note& note : notes)
        all += note.owner + "/" + std::to_string(note.type) + " ";
    return all;
}

/// Where in the descriptor the registers are, found by setting one bit of one register at a time.
std::map<std::string, size_t> places(const std::string& target, size_t note) {
    std::map<std::string, size_t> found;
    const dump_target& row = find_dump_target(target);
    const cpu_state none;
    const std::string empty = text(build_cpu_notes(row, {&none}, dump_layout::qemu).at(note));
    for (const std::string& name : noted_registers(row)) {
        cpu_state cpu;
        cpu.set(name, 1);
        const std::string bytes = text(build_cpu_notes(row, {&cpu}, dump_layout::qemu).at(note));
        const auto differs = std::mismatch(empty.begin(), empty.end(), bytes.begin());
        if (differs.first != empty.end())
            found[name] = static_cast<size_t>(differs.first - empty.begin()) - 20;
    }
    return found;
}

TEST(cpu_note, riscv64_prstatus_is_the_size_that_readers_know_it_by) {
    const fake_cpu cpu(0x1122334455667700);
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("riscv64"), {&cpu});
    ASSERT_EQ(notes.size(), 1u) << "of nothing but general registers there is nothing else to tell";
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

TEST(cpu_note, x86_64_has_prstatus_of_all_cpus_before_qemu_s_notes) {
    const cpu_state cpu = full_cpu("x86_64");
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("x86_64"), {&cpu, &cpu});
    ASSERT_EQ(owners(notes), "CORE/1 CORE/1 QEMU/0 QEMU/0 ");
    EXPECT_EQ(notes[0].size, 336u);
    EXPECT_EQ(notes[2].size, 440u);
    EXPECT_EQ(text(notes[2]).size(), 460u);
    EXPECT_EQ(little(descriptor(notes[1]), 32, 4), 2u);
    EXPECT_EQ(descriptor(notes[1]).substr(328), std::string(8, '\0'));
    EXPECT_EQ(little(descriptor(notes[3]), 0, 4), 1u) << "version";
    EXPECT_EQ(little(descriptor(notes[3]), 4, 4), 440u) << "size";
}

TEST(cpu_note, x86_64_registers_are_where_linux_s_user_regs_struct_has_them) {
    const std::vector<std::string> order = {"r15",     "r14",      "r13", "r12", "rbp",    "rbx", "r11",
                                            "r10",     "r9",       "r8",  "rax", "rcx",    "rdx", "rsi",
                                            "rdi",     "orig_rax", "rip", "cs",  "rflags", "rsp", "ss",
                                            "fs.base", "gs.base",  "ds",  "es",  "fs",     "gs"};
    std::map<std::string, size_t> expected;
    for (size_t i = 0; i < order.size(); ++i)
        expected[order[i]] = 112 + 8 * i;
    EXPECT_EQ(places("x86_64", 0), expected);
}

TEST(cpu_note, i386_registers_are_where_linux_s_user_regs_struct_has_them) {
    const std::vector<std::string> order = {"rbx", "rcx", "rdx",    "rsi", "rdi", "rbp",
                                            "rax", "ds",  "es",     "fs",  "gs",  "orig_rax",
                                            "rip", "cs",  "rflags", "rsp", "ss"};
    std::map<std::string, size_t> expected;
    for (size_t i = 0; i < order.size(); ++i)
        expected[order[i]] = 72 + 4 * i;
    EXPECT_EQ(places("i386", 0), expected);
    const cpu_state cpu = full_cpu("i386");
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("i386"), {&cpu});
    ASSERT_EQ(owners(notes), "CORE/1 QEMU/0 ");
    EXPECT_EQ(notes[0].size, 144u);
    EXPECT_EQ(little(descriptor(notes[0]), 24, 4), 1u);
    EXPECT_EQ(notes[1].size, 440u);
}

TEST(cpu_note, qemu_s_x86_note_has_segments_and_control_registers) {
    std::map<std::string, size_t> found = places("x86_64", 1);
    EXPECT_EQ(found.size(), 18 + 10 * 4 + 6u);
    const std::map<std::string, size_t> samples = {
        {"rax", 8},        {"rsp", 56},       {"r8", 72},        {"rip", 136},      {"rflags", 144},
        {"cs", 152},       {"cs.limit", 156}, {"cs.flags", 160}, {"cs.base", 168},  {"ds", 176},
        {"gs.base", 264},  {"ldt", 296},      {"tr.limit", 324}, {"gdt.base", 360}, {"idt.limit", 372},
        {"idt.base", 384}, {"cr0", 392},      {"cr3", 416},      {"cr4", 424},      {"kernel_gs_base", 432}};
    for (const auto& [name, place] : samples)
        EXPECT_EQ(found[name], place) << name;
}

TEST(cpu_note, aarch64_has_general_and_vector_registers_together) {
    const cpu_state cpu = full_cpu("aarch64");
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("aarch64"), {&cpu, &cpu});
    ASSERT_EQ(owners(notes), "CORE/1 CORE/2 CORE/1 CORE/2 ");
    EXPECT_EQ(notes[0].size, 392u);
    EXPECT_EQ(notes[1].size, 528u);
    EXPECT_EQ(little(descriptor(notes[2]), 32, 4), 2u);
    EXPECT_EQ(little(descriptor(notes[0]), 384, 4), 1u) << "pr_fpvalid";
    std::map<std::string, size_t> general = places("aarch64", 0), vectors = places("aarch64", 1);
    EXPECT_EQ(general["x0"], 112u);
    EXPECT_EQ(general["x30"], 112u + 30 * 8);
    EXPECT_EQ(general["sp"], 112u + 31 * 8);
    EXPECT_EQ(general["pc"], 112u + 32 * 8);
    EXPECT_EQ(general["pstate"], 112u + 33 * 8);
    EXPECT_EQ(vectors["v0.lo"], 0u);
    EXPECT_EQ(vectors["v0.hi"], 8u);
    EXPECT_EQ(vectors["v31.hi"], 31u * 16 + 8);
    EXPECT_EQ(vectors["fpsr"], 512u);
    EXPECT_EQ(vectors["fpcr"], 516u);
}

TEST(cpu_note, a_vector_of_big_endian_aarch64_begins_with_its_high_half) {
    cpu_state cpu;
    cpu.set("v1.hi", 0x0102030405060708);
    cpu.set("v1.lo", 0x090a0b0c0d0e0f10);
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("aarch64_be"), {&cpu});
    EXPECT_EQ(descriptor(notes.at(1)).substr(16, 16), "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20");
}

TEST(cpu_note, arm_has_the_vfp_registers_under_linux_s_name) {
    const cpu_state cpu = full_cpu("arm");
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("arm"), {&cpu});
    ASSERT_EQ(owners(notes), "CORE/1 LINUX/1024 ");
    EXPECT_EQ(notes[0].size, 148u);
    EXPECT_EQ(little(descriptor(notes[0]), 144, 4), 1u) << "pr_fpvalid";
    EXPECT_EQ(notes[1].size, 260u);
    std::map<std::string, size_t> general = places("arm", 0), floats = places("arm", 1);
    EXPECT_EQ(general["r0"], 72u);
    EXPECT_EQ(general["sp"], 72u + 13 * 4);
    EXPECT_EQ(general["lr"], 72u + 14 * 4);
    EXPECT_EQ(general["pc"], 72u + 15 * 4);
    EXPECT_EQ(general["cpsr"], 72u + 16 * 4);
    EXPECT_EQ(floats["d0"], 0u);
    EXPECT_EQ(floats["d31"], 31u * 8);
    EXPECT_EQ(floats["fpscr"], 256u);
}

TEST(cpu_note, a_register_that_a_cpu_has_not_is_zero) {
    const cpu_state none;
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("x86_64"), {&none});
    const std::string desc = descriptor(notes.at(0));
    EXPECT_EQ(desc.substr(112), std::string(336 - 112, '\0'));
    EXPECT_EQ(descriptor(notes.at(1)).substr(8), std::string(432, '\0'));
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

TEST(cpu_note, descriptors_are_padded_to_words) {
    dump_target target = find_dump_target("riscv64");
    target.order = byte_order::big;
    target.note_groups = {{{"CORE", 1, 14, 0, {{"pc", 8, 2}}, {{12, 2, 1}}}}};
    const fake_cpu cpu(0x10203);
    const std::vector<elf_note> notes = build_cpu_notes(target, {&cpu});
    EXPECT_EQ(text(notes.at(0)), std::string("\0\0\0\5\0\0\0\x0e\0\0\0\1CORE\0\0\0\0"
                                             "\0\0\0\1\0\0\0\0\2\3\0\0\0\1\0\0",
                                             36));
    EXPECT_EQ(notes[0].size, 14u);
}

// Our own note

TEST(riscv_state_note, tells_mode_and_csrs_and_follows_all_prstatus) {
    fake_cpu a(1), b(2);
    for (fake_cpu* cpu : {&a, &b}) {
        cpu->set("priv", 3);
        cpu->set("satp", 0x8000000000012345);
        cpu->set("mcause", 7);
    }
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("riscv64"), {&a, &b});
    ASSERT_EQ(owners(notes), "CORE/1 CORE/1 VMCORE-VP/1448083457 VMCORE-VP/1448083457 ");
    const std::string desc = text(notes[3]).substr(12 + 12);
    ASSERT_EQ(desc.size(), 24 + 2 * 16u);
    const uint32_t header[] = {1, 24, 2, 3, 2, 0}; // version, header, pid, mode, CSRs, f registers
    for (size_t i = 0; i < 6; ++i)
        EXPECT_EQ(little(desc, 4 * i, 4), header[i]) << i;
    EXPECT_EQ(little(desc, 24, 8), 0x180u);
    EXPECT_EQ(little(desc, 32, 8), 0x8000000000012345u);
    EXPECT_EQ(little(desc, 40, 8), 0x342u);
    EXPECT_EQ(little(desc, 48, 8), 7u);
}

TEST(riscv_state_note, has_the_float_registers_of_a_hart_with_floating_point) {
    fake_cpu cpu;
    for (unsigned i = 0; i < 32; ++i)
        cpu.set("f" + std::to_string(i), 1000 + i);
    cpu.set("fcsr", 0x1f);
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("riscv64"), {&cpu});
    const std::string desc = text(notes.at(2)).substr(12 + 12);
    ASSERT_EQ(desc.size(), 24 + 16 + 32 * 8u);
    EXPECT_EQ(little(desc, 12, 4), 0xffffffffu) << "the mode is not known";
    EXPECT_EQ(little(desc, 16, 4), 1u);
    EXPECT_EQ(little(desc, 20, 4), 32u);
    EXPECT_EQ(little(desc, 24, 8), 3u);
    EXPECT_EQ(little(desc, 40, 8), 1000u);
    EXPECT_EQ(little(desc, 40 + 31 * 8, 8), 1031u);
}

TEST(cpu_note, of_riscv_have_float_registers_behind_prstatus_as_linux_has_them) {
    fake_cpu a, b;
    for (fake_cpu* cpu : {&a, &b}) {
        for (unsigned i = 0; i < 32; ++i)
            cpu->set("f" + std::to_string(i), 0x123456780000 + i);
        cpu->set("fcsr", 0xe1);
    }
    const std::vector<elf_note> notes = build_cpu_notes(find_dump_target("riscv64"), {&a, &b});
    EXPECT_EQ(owners(notes),
              "CORE/1 CORE/2 CORE/1 CORE/2 VMCORE-VP/1448083457 GDB/4278190080 VMCORE-VP/1448083457 ");
    const std::string desc = text(notes[1]).substr(12 + 8);
    ASSERT_EQ(desc.size(), 264u);
    EXPECT_EQ(little(desc, 0, 8), 0x123456780000u);
    EXPECT_EQ(little(desc, 31 * 8, 8), 0x12345678001fu);
    EXPECT_EQ(little(desc, 256, 8), 0xe1u);
    EXPECT_EQ(owners(build_cpu_notes(find_dump_target("riscv64"), {&a, &b}, dump_layout::qemu)),
              "CORE/1 CORE/1 ");
}

TEST(riscv_state_note, is_left_out_of_qemu_s_layout) {
    fake_cpu cpu;
    cpu.set("priv", 3);
    EXPECT_EQ(owners(build_cpu_notes(find_dump_target("riscv64"), {&cpu}, dump_layout::qemu)), "CORE/1 ");
}

TEST(riscv_state_note, csrs_ascend_by_number) {
    const std::vector<riscv_csr>& all = riscv_csrs();
    for (size_t i = 1; i < all.size(); ++i)
        EXPECT_LT(all[i - 1].number, all[i].number) << all[i].name;
}

// The table of targets

TEST(dump_target, unknown_names_list_the_known_ones) {
    try {
        find_dump_target("sparc");
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(),
                     "unknown dump target 'sparc': expected one of riscv64, riscv32, x86_64, i386, "
                     "aarch64, aarch64_be, arm, armeb");
    }
}

TEST(dump_target, every_row_keeps_its_fields_inside_its_note_and_apart) {
    for (const dump_target& target : dump_targets())
        for (const auto& group : target.note_groups)
            for (const cpu_note_layout& note : group) {
                std::vector<int> uses(note.size);
                const auto use = [&](uint32_t offset, uint32_t width) {
                    for (uint32_t i = 0; i < width; ++i)
                        ++uses.at(offset + i);
                };
                if (note.pid_offset)
                    use(*note.pid_offset, 4);
                for (const register_field& field : note.registers)
                    use(field.offset, field.width);
                for (const constant_field& field : note.constants)
                    use(field.offset, field.width);
                EXPECT_EQ(std::count_if(uses.begin(), uses.end(), [](int count) { return count > 1; }), 0)
                    << target.name << " " << note.owner;
            }
}

TEST(dump_target, i386_becomes_elf64_when_memory_ends_at_4_gib_or_above) {
    const dump_target& i386 = find_dump_target("i386");
    const auto class_for = [&](uint64_t base, uint64_t size) {
        return target_for(i386, {{0, 4096, nullptr}, {base, size, nullptr}}).file_class;
    };
    EXPECT_EQ(class_for(0xfffc0000, 0x3f000), elf_class::elf32);
    EXPECT_EQ(class_for(0xfffc0000, 0x40000), elf_class::elf64) << "the BIOS ROM of a PC";
    EXPECT_EQ(class_for(0x100000000, 0x1000), elf_class::elf64);
    EXPECT_EQ(target_for(find_dump_target("riscv32"), {{0x100000000, 0x1000, nullptr}}).file_class,
              elf_class::elf32);
}

} // namespace
