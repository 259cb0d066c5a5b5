#include "platform/elf_image.h"

#include "tests/platform/elf_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using vmcore::load_riscv64_elf;
using vmcore::test::elf_builder;

static constexpr uint64_t most = 1 << 20;

static std::string refusal(const std::vector<uint8_t>& file) {
    try {
        load_riscv64_elf("-bios 'x'", file, most);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "accepted";
}

TEST(elf_image, segment_is_filled_with_zeros_to_its_memory_size) {
    elf_builder elf;
    elf.memory_size = 8;
    elf.entry = 0x80000002;
    const vmcore::loaded_elf loaded = load_riscv64_elf("-bios 'x'", elf.build(), most);
    EXPECT_EQ(loaded.entry, 0x80000002u);
    ASSERT_EQ(loaded.segments.size(), 1u);
    EXPECT_EQ(loaded.segments[0].address, 0x80000000u);
    EXPECT_EQ(loaded.segments[0].bytes, (std::vector<uint8_t>{1, 2, 3, 4, 0, 0, 0, 0}));
}

TEST(elf_image, headers_in_a_segment_and_the_zeros_behind_them_are_dispensable) {
    elf_builder elf;
    EXPECT_EQ(load_riscv64_elf("-bios 'x'", elf.build(), most).segments[0].dispensable, 0u);
    elf.headers_too = true;
    elf.contents = {0, 0, 0, 1, 0};
    elf.memory_size = 5;
    constexpr size_t headers = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
    EXPECT_EQ(load_riscv64_elf("-bios 'x'", elf.build(), most).segments[0].dispensable, headers + 3);
    std::vector<uint8_t> file = elf.build();
    file[offsetof(Elf64_Ehdr, e_phnum)] = 2; // the second one is cut off by the segment's end
    file.insert(file.begin() + headers, sizeof(Elf64_Phdr), 0);
    EXPECT_EQ(load_riscv64_elf("-bios 'x'", file, most).segments[0].dispensable, 0u);
    elf.contents = {0, 0};
    elf.memory_size = 4;
    EXPECT_EQ(load_riscv64_elf("-bios 'x'", elf.build(), most).segments[0].dispensable, headers + 2)
        << "memory that is not in the file is not";
}

TEST(elf_image, notes_behind_the_headers_are_dispensable_too) {
    elf_builder elf;
    elf.headers_too = true;
    elf.segments = 2;
    elf.contents = {0, 0, 7, 7, 7, 0, 1};
    elf.memory_size = 7;
    constexpr size_t headers = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
    std::vector<uint8_t> file = elf.build();
    Elf64_Phdr note{};
    note.p_type = PT_NOTE;
    note.p_offset = headers + 2;
    for (const uint64_t size : {3, 2, 1000}) {
        note.p_filesz = size;
        std::memcpy(&file[sizeof(Elf64_Ehdr) + sizeof note], &note, sizeof note);
        const vmcore::loaded_elf loaded = load_riscv64_elf("-bios 'x'", file, most);
        ASSERT_EQ(loaded.segments.size(), 1u);
        EXPECT_EQ(loaded.segments[0].dispensable, headers + (size == 3 ? 6 : size == 2 ? 4 : 2)) << size;
    }
}

TEST(elf_image, another_machine_is_refused_by_number) {
    elf_builder elf;
    elf.machine = EM_X86_64;
    EXPECT_EQ(refusal(elf.build()), "-bios 'x': an ELF file for machine 62, expected RISC-V (243)");
}

TEST(elf_image, a_relocatable_object_is_refused) {
    elf_builder elf;
    elf.type = ET_REL;
    EXPECT_THAT(refusal(elf.build()), testing::HasSubstr("type 1, expected an executable"));
}

TEST(elf_image, a_32_bit_file_is_refused) {
    elf_builder elf;
    elf.elf_class = ELFCLASS32;
    EXPECT_NE(refusal(elf.build()), "accepted");
}

TEST(elf_image, every_truncation_is_refused) {
    const std::vector<uint8_t> whole = elf_builder().build();
    for (size_t length = 0; length < whole.size(); ++length)
        EXPECT_NE(refusal({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}), "accepted")
            << length << " of " << whole.size() << " bytes";
}

TEST(elf_image, a_segment_that_wants_more_memory_than_there_is_is_refused_before_it_is_built) {
    elf_builder elf;
    for (const uint64_t size : {most + 1, ~uint64_t(0), uint64_t(3)}) {
        elf.memory_size = size;
        EXPECT_THAT(refusal(elf.build()), testing::HasSubstr("bytes in memory, expected 4 to 1048576"));
    }
}

TEST(elf_image, segments_that_want_more_memory_together_than_there_is_are_refused) {
    elf_builder elf;
    elf.memory_size = most / 2;
    elf.segments = 2;
    EXPECT_EQ(refusal(elf.build()), "accepted");
    elf.segments = 3;
    EXPECT_THAT(refusal(elf.build()),
                testing::HasSubstr("segments of more than 1048576 bytes in memory together"));
}

TEST(elf_image, a_file_with_nothing_to_load_is_refused) {
    elf_builder elf;
    elf.contents.clear();
    elf.memory_size = 0;
    EXPECT_THAT(refusal(elf.build()), testing::HasSubstr("nothing to load"));
}
