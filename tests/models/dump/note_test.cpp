// The guest's note: one test for each row of the edge cases that QEMU was observed with.

#include "models/dump/note.h"
#include "tests/models/dump/fake_guest.h"

#include <gmock/gmock.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

constexpr uint64_t ram_base = 0x80000000;
constexpr uint64_t ram_size = 3 << 20;

class guest_note_test : public testing::Test {
protected:
    guest_note_test() { memory.add(ram_base, ram_size); }

    guest_note read(const vmcoreinfo_record& record, const char* target = "riscv64") {
        return read_guest_note(record, memory, find_dump_target(target));
    }
    guest_note read_at(uint64_t paddr, const std::vector<uint8_t>& bytes) {
        memory.put(paddr, bytes);
        return read(elf_record(paddr, static_cast<uint32_t>(bytes.size())));
    }
    guest_note read_text(const std::string& text) {
        return read_at(ram_base + 64, guest_note_bytes(vmcoreinfo_name, text));
    }
    void expect_refused(const vmcoreinfo_record& record, const std::string& warning) {
        const guest_note result = read(record);
        EXPECT_FALSE(result.note);
        EXPECT_THAT(result.warnings, ElementsAre(warning));
    }

    fake_memory memory;
};

const std::vector<uint8_t> valid_note = guest_note_bytes(vmcoreinfo_name, "OSRELEASE=6.1\nPAGESIZE=4096\n");

TEST_F(guest_note_test, a_valid_note_is_kept_byte_for_byte) {
    const guest_note result = read_at(ram_base + 0x1000, valid_note);
    ASSERT_TRUE(result.note);
    EXPECT_EQ(result.note->bytes, valid_note);
    EXPECT_EQ(result.note->owner, "VMCOREINFO");
    EXPECT_EQ(result.note->type, 0u);
    EXPECT_EQ(result.note->size, 28u);
    EXPECT_TRUE(result.is_vmcoreinfo);
    EXPECT_THAT(result.warnings, IsEmpty());
}

TEST_F(guest_note_test, no_record_is_told) {
    expect_refused({}, "guest note is not present");
}

TEST_F(guest_note_test, a_record_that_was_disabled_is_not_looked_at) {
    memory.put(ram_base, valid_note);
    vmcoreinfo_record record = elf_record(ram_base, static_cast<uint32_t>(valid_note.size()));
    record.present = false;
    record.guest_format = 0;
    expect_refused(record, "guest note is not present");
}

TEST_F(guest_note_test, unknown_formats_are_told_by_number) {
    memory.put(ram_base, valid_note);
    vmcoreinfo_record record = elf_record(ram_base, static_cast<uint32_t>(valid_note.size()));
    record.guest_format = 2;
    expect_refused(record, "guest note format is unsupported: 2");
    record.guest_format = 0xffff;
    expect_refused(record, "guest note format is unsupported: 65535");
}

TEST_F(guest_note_test, a_size_below_the_note_header_is_invalid) {
    expect_refused(elf_record(ram_base, 0), "guest note size is invalid: 0");
    expect_refused(elf_record(ram_base, 11), "guest note size is invalid: 11");
}

TEST_F(guest_note_test, the_size_is_checked_before_the_format) {
    vmcoreinfo_record record = elf_record(ram_base, 11);
    record.guest_format = 2;
    expect_refused(record, "guest note size is invalid: 11");
}

TEST_F(guest_note_test, a_size_of_the_header_alone_does_not_cover_a_longer_note) {
    memory.put(ram_base, valid_note);
    expect_refused(elf_record(ram_base, 12), "Invalid guest note header");
}

TEST_F(guest_note_test, the_size_must_cover_the_padding_too) {
    const std::vector<uint8_t> note =
        guest_note_bytes(vmcoreinfo_name, "X=1\nY"); // 5 bytes of text, 3 of padding
    memory.put(ram_base, note);
    const uint32_t size = static_cast<uint32_t>(note.size());
    expect_refused(elf_record(ram_base, size - 1), "Invalid guest note header");
    expect_refused(elf_record(ram_base, size - 3), "Invalid guest note header");
    EXPECT_TRUE(read(elf_record(ram_base, size)).note);
}

TEST_F(guest_note_test, an_all_zero_header_is_left_out_with_a_warning) {
    for (uint32_t size : {12u, 4096u}) {
        const guest_note result = read(elf_record(ram_base, size));
        EXPECT_FALSE(result.note);
        EXPECT_THAT(result.warnings,
                    ElementsAre("guest note is empty: its header at 0x80000000 is all zero"));
    }
}

TEST_F(guest_note_test, a_note_without_name_and_descriptor_but_with_a_type_is_a_note) {
    const guest_note result = read_at(ram_base, guest_note_bytes("", "", 7));
    ASSERT_TRUE(result.note);
    EXPECT_EQ(result.note->bytes.size(), 12u);
    EXPECT_EQ(result.note->type, 7u);
}

TEST_F(guest_note_test, a_buffer_larger_than_the_note_is_trimmed_to_the_note) {
    memory.put(ram_base, valid_note);
    for (uint32_t size : {static_cast<uint32_t>(valid_note.size()) + 100, max_guest_note_size}) {
        const guest_note result = read(elf_record(ram_base, size));
        ASSERT_TRUE(result.note) << size;
        EXPECT_EQ(result.note->bytes, valid_note);
        EXPECT_THAT(result.warnings, IsEmpty());
    }
}

TEST_F(guest_note_test, size_of_one_mebibyte_is_accepted_and_one_more_byte_is_not) {
    const std::string text((1 << 20) - 12 - 12, 'x');
    const std::vector<uint8_t> note = guest_note_bytes(vmcoreinfo_name, text);
    ASSERT_EQ(note.size(), 1048576u);
    const guest_note result = read_at(ram_base, note);
    ASSERT_TRUE(result.note);
    EXPECT_EQ(result.note->bytes, note);
    expect_refused(elf_record(ram_base, 1048577), "guest note size is invalid: 1048577");
    expect_refused(elf_record(ram_base, 0xffffffff), "guest note size is invalid: 4294967295");
}

TEST_F(guest_note_test, huge_name_and_descriptor_sizes_are_refused_without_reading_them) {
    const uint32_t huge[] = {0x100001, 0x7fffffff, 0x80000000, 0xfffffffc, 0xfffffffd, 0xffffffff};
    for (uint32_t name_size : huge)
        for (uint32_t desc_size : {0u, 1u, 0xfffffff4u, 0xffffffffu}) {
            for (const auto& sizes :
                 {std::make_pair(name_size, desc_size), std::make_pair(desc_size, name_size)}) {
                std::vector<uint8_t> header(12);
                store_bytes(&header[0], sizes.first, 4, byte_order::little);
                store_bytes(&header[4], sizes.second, 4, byte_order::little);
                memory.put(ram_base, header);
                expect_refused(elf_record(ram_base, max_guest_note_size), "Invalid guest note header");
            }
        }
    EXPECT_EQ(memory.longest_read, 12u);
}

TEST_F(guest_note_test, a_zeroed_record_that_is_still_present_has_an_invalid_size) {
    vmcoreinfo_record record; // what a DMA write from an unmapped source leaves
    record.present = true;
    expect_refused(record, "guest note size is invalid: 0");
}

TEST_F(guest_note_test, a_record_with_its_address_lost_is_read_from_address_0) {
    memory.add(0, 4096);
    memory.put(0, valid_note);
    const guest_note result = read(elf_record(0, static_cast<uint32_t>(valid_note.size())));
    ASSERT_TRUE(result.note);
    EXPECT_EQ(result.note->bytes, valid_note);
}

TEST_F(guest_note_test, host_format_is_never_looked_at) {
    memory.put(ram_base, valid_note);
    vmcoreinfo_record record = elf_record(ram_base, static_cast<uint32_t>(valid_note.size()));
    record.host_format = 0x1234;
    EXPECT_TRUE(read(record).note);
}

TEST_F(guest_note_test, an_unmapped_address_is_left_out_with_a_warning) {
    expect_refused(elf_record(0x1000, 4096), "guest note is not in memory: nothing is mapped at 0x1000");
}

TEST_F(guest_note_test, a_header_that_straddles_the_end_of_memory_is_left_out) {
    const uint64_t paddr = ram_base + ram_size - 8;
    memory.put(paddr, valid_note);
    const guest_note result = read(elf_record(paddr, 4096));
    EXPECT_FALSE(result.note);
    EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("guest note is not in memory")));
}

TEST_F(guest_note_test, a_note_that_straddles_the_end_of_memory_is_zero_filled_with_a_warning) {
    const uint64_t paddr = ram_base + ram_size - 32;
    const guest_note result = read_at(paddr, valid_note);
    ASSERT_TRUE(result.note);
    std::vector<uint8_t> expected(valid_note.begin(), valid_note.begin() + 32);
    expected.resize(valid_note.size());
    EXPECT_EQ(result.note->bytes, expected);
    EXPECT_THAT(result.warnings,
                ElementsAre("guest note at 0x802fffe0 is only partly in memory: 20 of its 52 bytes "
                            "are zero in the dump"));
}

TEST_F(guest_note_test, an_address_near_the_last_one_does_not_wrap_to_0) {
    memory.add(0, 4096);
    memory.put(0, std::vector<uint8_t>(4096, 0xee));
    memory.add(~uint64_t{0} - 31, 32);
    for (uint64_t below : {1, 4, 11}) // the header itself would wrap
        EXPECT_FALSE(read(elf_record(uint64_t{0} - below, max_guest_note_size)).note) << below;
    const guest_note result =
        read_at(uint64_t{0} - 24, guest_note_bytes(std::string("A\0", 2), "BCDEFGHIJKLM"));
    ASSERT_TRUE(result.note);
    EXPECT_EQ(result.note->bytes.size(), 28u);
    EXPECT_EQ(result.note->bytes[27], 0) << "byte of address 0 taken for the byte past the last address";
    EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("4 of its 28 bytes")));
}

TEST_F(guest_note_test, type_and_padding_are_kept_and_nothing_is_written_after_the_descriptor) {
    std::vector<uint8_t> note = guest_note_bytes(vmcoreinfo_name, "K=VAL", 7);
    note[23] = 0xa5; // padding of the name
    note[29] = note[30] = note[31] = 0x5a;
    const guest_note result = read_at(ram_base, note);
    ASSERT_TRUE(result.note);
    EXPECT_EQ(result.note->bytes, note);
    EXPECT_EQ(result.note->type, 7u);
}

TEST_F(guest_note_test, other_names_are_kept_but_are_not_vmcoreinfo) {
    for (const std::string& name : {std::string("VMCOREINFO"), std::string("XEN\0", 4), std::string(""),
                                    std::string("VMCOREINFO\0\0", 12), std::string("vmcoreinfo\0", 11)}) {
        const std::vector<uint8_t> note = guest_note_bytes(name, "NUMBER(phys_ram_base)=1\n");
        const guest_note result = read_at(ram_base, note);
        ASSERT_TRUE(result.note) << name;
        EXPECT_EQ(result.note->bytes, note);
        EXPECT_FALSE(result.is_vmcoreinfo) << name;
        EXPECT_FALSE(result.phys_base) << name;
    }
}

TEST_F(guest_note_test, a_hostile_name_is_made_printable_and_short) {
    const guest_note result = read_at(ram_base, guest_note_bytes("\x1b[2J\n" + std::string(1000, 'A'), ""));
    ASSERT_TRUE(result.note);
    EXPECT_EQ(result.note->owner, "\\x1b[2J\\x0a" + std::string(27, 'A') + "...");
}

TEST_F(guest_note_test, phys_base_is_read_as_the_kernel_prints_it) {
    EXPECT_EQ(read_text("OSRELEASE=6.1\nNUMBER(phys_ram_base)=2147483648\nX=1\n").phys_base, 0x80000000u);
    EXPECT_EQ(read_text("NUMBER(phys_ram_base)=0x123").phys_base, 0x123u);
    EXPECT_EQ(read_text("NUMBER(phys_ram_base)=0xFFFFFFFFFFFFFFFF\n").phys_base, ~uint64_t{0});
    EXPECT_EQ(read_text("NUMBER(phys_ram_base)=-1\n").phys_base, ~uint64_t{0});
    EXPECT_EQ(read_text("NUMBER(phys_ram_base)=-241172480\n").phys_base, 0xfffffffff1a00000u);
}

TEST_F(guest_note_test, only_the_first_line_that_begins_with_the_key_counts) {
    EXPECT_EQ(read_text("NUMBER(phys_ram_base)=1\nNUMBER(phys_ram_base)=2\n").phys_base, 1u);
    EXPECT_FALSE(read_text(" NUMBER(phys_ram_base)=1\nX NUMBER(phys_ram_base)=2\n").phys_base);
    EXPECT_FALSE(read_text(std::string("X=1\0\nNUMBER(phys_ram_base)=1\n", 29)).phys_base)
        << "past the text's end";
}

TEST_F(guest_note_test, a_phys_base_that_is_no_number_is_told) {
    for (const char* value : {"", "0x", "-", "12 ", "12junk", "0xg", "18446744073709551616", "abc", "--1"}) {
        const guest_note result = read_text("NUMBER(phys_ram_base)=" + std::string(value) + "\n");
        EXPECT_TRUE(result.note) << value;
        EXPECT_FALSE(result.phys_base) << value;
        EXPECT_THAT(result.warnings, ElementsAre("Failed to read NUMBER(phys_ram_base)=")) << value;
    }
}

TEST_F(guest_note_test, the_keys_of_other_targets_mean_nothing_on_riscv) {
    const guest_note result = read_text("NUMBER(phys_base)=nonsense\nNUMBER(PHYS_OFFSET)=0x48000000\n");
    EXPECT_FALSE(result.phys_base);
    EXPECT_THAT(result.warnings, IsEmpty());
}

TEST_F(guest_note_test, the_key_is_the_targets) {
    dump_target arm = find_dump_target("riscv64");
    arm.phys_base_key = "NUMBER(PHYS_OFFSET)";
    memory.put(ram_base, guest_note_bytes(vmcoreinfo_name, "NUMBER(PHYS_OFFSET)=0x48000000\n"));
    EXPECT_EQ(read_guest_note(elf_record(ram_base, 4096), memory, arm).phys_base, 0x48000000u);
    arm.phys_base_key = nullptr;
    EXPECT_FALSE(read_guest_note(elf_record(ram_base, 4096), memory, arm).phys_base);
}

TEST_F(guest_note_test, a_big_endian_guests_note_is_understood) {
    dump_target big = find_dump_target("riscv64");
    big.order = byte_order::big;
    std::vector<uint8_t> note = valid_note;
    for (size_t field : {0, 4, 8})
        std::reverse(&note[field], &note[field] + 4);
    memory.put(ram_base, note);
    const guest_note result = read_guest_note(elf_record(ram_base, 4096), memory, big);
    ASSERT_TRUE(result.note);
    EXPECT_EQ(result.note->bytes, note);
    EXPECT_TRUE(result.is_vmcoreinfo);
}

TEST_F(guest_note_test, riscv32_reads_the_same_note) {
    memory.put(ram_base, valid_note);
    EXPECT_TRUE(read(elf_record(ram_base, 4096), "riscv32").note);
}

TEST_F(guest_note_test, aarch64_reads_hexadecimal_and_32_bit_targets_no_key_at_all) {
    memory.put(ram_base, guest_note_bytes(vmcoreinfo_name, "NUMBER(PHYS_OFFSET)=0x48000000\n"));
    EXPECT_EQ(read(elf_record(ram_base, 4096), "aarch64").phys_base, 0x48000000u);
    EXPECT_FALSE(read(elf_record(ram_base, 4096), "arm").phys_base);
    EXPECT_FALSE(read(elf_record(ram_base, 4096), "i386").phys_base);
}

// QEMU's layout, as QEMU was observed

class qemu_note_layout_test : public guest_note_test {
protected:
    guest_note read(const vmcoreinfo_record& record, const char* target = "riscv64") {
        return read_guest_note(record, memory, find_dump_target(target), dump_layout::qemu);
    }
    guest_note read_text(const std::string& text, const char* target) {
        const std::vector<uint8_t> bytes = guest_note_bytes(vmcoreinfo_name, text);
        memory.put(ram_base, bytes);
        return read(elf_record(ram_base, static_cast<uint32_t>(bytes.size())), target);
    }
};

TEST_F(qemu_note_layout_test, a_header_of_zeros_is_an_empty_note) {
    const guest_note result = read(elf_record(ram_base, 12));
    ASSERT_TRUE(result.note);
    EXPECT_EQ(result.note->bytes, std::vector<uint8_t>(12));
    EXPECT_THAT(result.warnings, ElementsAre("guest note is empty: its header at 0x80000000 is all zero"));
}

TEST_F(qemu_note_layout_test, an_unmapped_address_is_an_empty_note) {
    const guest_note result = read(elf_record(0x1000, 4096));
    ASSERT_TRUE(result.note);
    EXPECT_EQ(result.note->bytes, std::vector<uint8_t>(12));
    EXPECT_THAT(result.warnings, ElementsAre("guest note is not in memory: nothing is mapped at 0x1000"));
}

TEST_F(qemu_note_layout_test, the_byte_behind_a_vmcoreinfo_text_becomes_zero) {
    std::vector<uint8_t> note = guest_note_bytes(vmcoreinfo_name, "K=VAL", 7);
    note[29] = note[30] = note[31] = 0x5a;
    memory.put(ram_base, note);
    guest_note result = read(elf_record(ram_base, 4096));
    note[29] = 0;
    ASSERT_TRUE(result.note);
    EXPECT_EQ(result.note->bytes, note);

    std::vector<uint8_t> other = guest_note_bytes(std::string("XEN\0", 4), "K=VAL");
    other[21] = 0x5a;
    memory.put(ram_base, other);
    EXPECT_EQ(read(elf_record(ram_base, 4096)).note->bytes, other) << "of another name it does not";

    const std::vector<uint8_t> whole = guest_note_bytes(vmcoreinfo_name, "K=V1");
    memory.put(ram_base, whole);
    EXPECT_EQ(read(elf_record(ram_base, 4096)).note->bytes, whole) << "there is no byte behind it";
}

TEST_F(qemu_note_layout_test, phys_base_is_read_as_hexadecimal_on_x86_64_and_aarch64_only) {
    EXPECT_EQ(read_text("NUMBER(phys_base)=-241172480\n", "x86_64").phys_base, 0xfffffffdbee8db80u);
    EXPECT_EQ(read_text("NUMBER(PHYS_OFFSET)=0x48000000\n", "aarch64").phys_base, 0x48000000u);
    EXPECT_EQ(read_text("NUMBER(PHYS_OFFSET)=123", "aarch64").phys_base, 0x123u);
    EXPECT_EQ(read_text("NUMBER(PHYS_OFFSET)=-1\n", "aarch64").phys_base, ~uint64_t{0});
    EXPECT_FALSE(read_text("NUMBER(phys_ram_base)=2147483648\n", "riscv64").phys_base);
    EXPECT_THAT(read_text("NUMBER(phys_ram_base)=x\n", "riscv64").warnings, IsEmpty());
}

TEST_F(qemu_note_layout_test, a_phys_base_that_is_no_number_is_told) {
    for (const char* value : {"", "12 ", "12junk", "0x", "10000000000000000"}) {
        const guest_note result = read_text("NUMBER(PHYS_OFFSET)=" + std::string(value) + "\n", "aarch64");
        EXPECT_FALSE(result.phys_base) << value;
        EXPECT_THAT(result.warnings, ElementsAre("Failed to read NUMBER(PHYS_OFFSET)=")) << value;
    }
}

} // namespace
