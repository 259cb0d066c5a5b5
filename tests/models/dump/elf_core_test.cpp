// The file's layout, read back by a reader of the tests' own.

#include "models/dump/core_writer.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/faulty_calls.h"
#include "tests/models/dump/temporary_directory.h"

#include <cstdlib>
#include <gmock/gmock.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>

using namespace vmcore;
using namespace vmcore::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

const std::vector<uint8_t> some_note = guest_note_bytes(std::string("TEST\0", 5), "some text", 3);

class elf_core_test : public testing::Test {
protected:
    elf_reader write(const dump_target& target, const guest_memory& guest) {
        output_file file(path);
        const core_layout layout = lay_out_core(target, some_note.size(), guest.ranges());
        warnings = write_core(file, target, layout, some_note, guest);
        file.commit(false);
        return elf_reader(path);
    }

    temporary_directory directory;
    std::string path = directory / "vmcore";
    std::vector<std::string> warnings;
    fake_memory memory;
};

TEST_F(elf_core_test, elf64_header_and_segments) {
    memory.add(0x1000, 0xf000)[0] = 0x11;
    memory.add(0x80000000, 0x2345)[0x2344] = 0x22;
    memory.add(0x480000000, 0x1000)[1] = 0x33;
    const elf_reader core = write(find_dump_target("riscv64"), memory);

    EXPECT_EQ(core.bytes(0, 16), std::string("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16));
    EXPECT_EQ(core.type, 4);
    EXPECT_EQ(core.machine, 243);
    EXPECT_EQ(core.version, 1);
    EXPECT_EQ(core.entry, 0u);
    EXPECT_EQ(core.flags, 0u);
    EXPECT_EQ(core.ehsize, 64u);
    EXPECT_EQ(core.phoff, 64u);
    EXPECT_EQ(core.phentsize, 56u);
    EXPECT_EQ(core.phnum, 4u);
    EXPECT_EQ(core.shoff, 0u);
    EXPECT_EQ(core.shentsize, 0u);
    EXPECT_EQ(core.shnum, 0u);
    EXPECT_EQ(core.shstrndx, 0u);

    const elf_reader::program_header& note = core.program_headers[0];
    EXPECT_EQ(note.type, 4u);
    EXPECT_EQ(note.offset, 64 + 4 * 56u);
    EXPECT_EQ(note.filesz, some_note.size());
    EXPECT_EQ(note.memsz, some_note.size());
    EXPECT_EQ(note.vaddr + note.paddr + note.align + note.flags, 0u);
    ASSERT_EQ(core.notes.size(), 1u);
    EXPECT_EQ(core.notes[0].name, std::string("TEST\0", 5));
    EXPECT_EQ(core.notes[0].type, 3u);
    EXPECT_EQ(core.notes[0].desc, "some text");

    const auto loads = core.loads();
    ASSERT_EQ(loads.size(), 3u);
    const uint64_t bases[] = {0x1000, 0x80000000, 0x480000000};
    const uint64_t sizes[] = {0xf000, 0x2345, 0x1000};
    const uint64_t offsets[] = {0x1000, 0x10000, 0x13000};
    for (size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(loads[i].paddr, bases[i]);
        EXPECT_EQ(loads[i].vaddr, bases[i]);
        EXPECT_EQ(loads[i].filesz, sizes[i]);
        EXPECT_EQ(loads[i].memsz, sizes[i]);
        EXPECT_EQ(loads[i].offset, offsets[i]);
        EXPECT_EQ(loads[i].align, 0u);
    }
    EXPECT_EQ(core.size, 0x14000u);
    EXPECT_EQ(core.bytes(0x1000, 2), std::string("\x11\0", 2));
    EXPECT_EQ(core.bytes(0x12343, 3), std::string("\0\x22\0", 3));
    EXPECT_EQ(core.bytes(0x13000, 3), std::string("\0\x33\0", 3));
    EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(elf_core_test, elf32_header_and_segments) {
    memory.add(0x1000, 0x1000)[0] = 0x11;
    memory.add(0xfffff000, 0x1000)[0xfff] = 0x22; // up to the last address of 32 bits
    const elf_reader core = write(find_dump_target("riscv32"), memory);

    EXPECT_EQ(core.bytes(0, 16), std::string("\177ELF\1\1\1\0\0\0\0\0\0\0\0\0", 16));
    EXPECT_EQ(core.type, 4);
    EXPECT_EQ(core.machine, 243);
    EXPECT_EQ(core.ehsize, 52u);
    EXPECT_EQ(core.phoff, 52u);
    EXPECT_EQ(core.phentsize, 32u);
    EXPECT_EQ(core.phnum, 3u);
    EXPECT_EQ(core.shoff + core.shnum + core.shentsize + core.shstrndx, 0u);
    EXPECT_EQ(core.program_headers[0].offset, 52 + 3 * 32u);
    ASSERT_EQ(core.notes.size(), 1u);
    EXPECT_EQ(core.notes[0].desc, "some text");
    const auto loads = core.loads();
    ASSERT_EQ(loads.size(), 2u);
    EXPECT_EQ(loads[1].paddr, 0xfffff000u);
    EXPECT_EQ(loads[1].vaddr, 0xfffff000u);
    EXPECT_EQ(loads[1].filesz, 0x1000u);
    EXPECT_EQ(loads[1].memsz, 0x1000u);
    EXPECT_EQ(loads[1].offset, 0x2000u);
    EXPECT_EQ(loads[1].flags, 0u);
    EXPECT_EQ(loads[1].align, 0u);
    EXPECT_EQ(core.bytes(0x2fff, 1), "\x22");
}

TEST_F(elf_core_test, big_endian_targets_have_every_field_swapped) {
    dump_target target = find_dump_target("riscv64");
    target.order = byte_order::big;
    memory.add(0x80000000, 0x1000);
    output_file file(path);
    const core_layout layout = lay_out_core(target, 0, memory.ranges());
    write_core(file, target, layout, {}, memory);
    file.commit(false);
    const elf_reader core(path);
    EXPECT_EQ(core.data, 2);
    EXPECT_EQ(core.machine, 243);
    EXPECT_EQ(core.phnum, 2u);
    EXPECT_EQ(core.loads().at(0).paddr, 0x80000000u);
    EXPECT_THAT(core.notes, IsEmpty());
}

TEST_F(elf_core_test, elf32_has_no_room_for_memory_above_4_gib) {
    const dump_target& target = find_dump_target("riscv32");
    for (const memory_range& range :
         {memory_range{0x100000000, 1, nullptr}, memory_range{0xfffff000, 0x1001, nullptr}})
        try {
            lay_out_core(target, 0, {range});
            FAIL();
        } catch (const std::runtime_error& error) {
            EXPECT_THAT(error.what(), HasSubstr("a riscv32 dump has no room for the address of memory at"));
        }
    EXPECT_THROW(lay_out_core(target, 0, {{0, 0x100000000, nullptr}}), std::runtime_error)
        << "its file offsets end";
    EXPECT_NO_THROW(lay_out_core(target, 0, {{0, 0xffffe000, nullptr}}));
}

TEST_F(elf_core_test, a_file_longer_than_the_host_can_count_is_refused) {
    const dump_target& target = find_dump_target("riscv64");
    EXPECT_THROW(lay_out_core(target, 0, {{0, 0x7fffffffffffffff, nullptr}}), std::runtime_error);
    EXPECT_THROW(lay_out_core(target, 0, {{1, ~uint64_t{0}, nullptr}}), std::runtime_error);
    EXPECT_THROW(lay_out_core(target, 0, {{0, 1ull << 62, nullptr}, {1ull << 62, 1ull << 62, nullptr}}),
                 std::runtime_error);
    EXPECT_NO_THROW(lay_out_core(target, 0, {{0, 1ull << 62, nullptr}}));
}

TEST_F(elf_core_test, pages_of_zeros_are_holes_and_read_as_zeros) {
    uint8_t* bytes = memory.add(0x80000000, 16 << 20);
    bytes[(5 << 20) + 12345] = 1;
    bytes[(7 << 20) + 4096] = 3; // first and last byte of a page between pages of zeros
    bytes[(9 << 20) - 1] = 4;
    bytes[(16 << 20) - 1] = 2;
    const elf_reader core = write(find_dump_target("riscv64"), memory);
    const uint64_t offset = core.loads().at(0).offset;
    EXPECT_TRUE(core.bytes(offset, 16 << 20) == std::string(bytes, bytes + (16 << 20)));
    struct stat status;
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_LE(status.st_blocks * 512, 64 << 10) << "the file system may round up, but not to 16 MiB";
}

TEST_F(elf_core_test, memory_without_host_pointers_is_read_in_pieces) {
    constexpr uint64_t size = (5 << 20) + 77;
    uint8_t* bytes = memory.add(0x80000000, size);
    for (uint64_t i = 0; i < size; ++i)
        bytes[i] = static_cast<uint8_t>(i * 7 + i / 4096);
    memory.by_copy = true;
    const elf_reader core = write(find_dump_target("riscv64"), memory);
    EXPECT_TRUE(core.bytes(core.loads().at(0).offset, size) == std::string(bytes, bytes + size));
    EXPECT_EQ(memory.longest_read, 2u << 20);
    EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(elf_core_test, memory_that_cannot_be_read_is_zero_and_told) {
    struct half_memory : fake_memory {
        std::vector<memory_range> ranges() const override { return {{0x80000000, 0x3000, nullptr}}; }
    } half;
    half.add(0x80000000, 0x1000)[0xfff] = 0x77;
    const elf_reader core = write(find_dump_target("riscv64"), half);
    EXPECT_EQ(core.bytes(core.loads().at(0).offset + 0xfff, 2), std::string("\x77\0", 2));
    EXPECT_THAT(warnings,
                ElementsAre("memory at 0x80000000 could not be read as a whole: 0x2000 of its 0x3000 bytes "
                            "are zero in the dump"));
}

TEST_F(elf_core_test, whichever_write_fails_no_half_core_is_left) {
    uint8_t* bytes = memory.add(0x80000000, 8 * 4096);
    for (uint64_t page : {0, 2, 3, 7})
        bytes[page * 4096] = 1;
    const dump_target& target = find_dump_target("riscv64");
    const core_layout layout = lay_out_core(target, some_note.size(), memory.ranges());
    std::string failed;
    for (int k = 0;; ++k) {
        faulty_calls calls;
        calls.fail_at = k;
        calls.error = EDQUOT;
        try {
            output_file file(path, calls);
            write_core(file, target, layout, some_note, memory);
            file.commit(false);
            EXPECT_EQ(calls.failed, "") << "an error was swallowed";
            break;
        } catch (const std::system_error& error) {
            EXPECT_EQ(error.code().value(), EDQUOT);
            EXPECT_THAT(error.what(), HasSubstr(path));
            EXPECT_THAT(directory.names(), IsEmpty());
            failed += calls.failed + " ";
        }
    }
    // The three runs of pages that hold something, headers and notes.
    EXPECT_EQ(failed, "ftruncate pwrite pwrite pwrite pwrite pwrite close rename ");
    EXPECT_EQ(elf_reader(path).loads().at(0).filesz, 8 * 4096u);
}

/// So many ranges of one byte, with a gap of one byte between them.
class comb_memory : public guest_memory {
public:
    explicit comb_memory(uint64_t teeth)
        : m_teeth(teeth) {}
    std::vector<memory_range> ranges() const override {
        std::vector<memory_range> ranges;
        for (uint64_t i = 0; i < m_teeth; ++i)
            ranges.push_back({0x1000 + i * 2, 1, i % 4096 == 0 ? &m_one : &m_zero});
        return ranges;
    }
    uint64_t read(uint64_t, void*, uint64_t) const override { return 0; }

private:
    uint64_t m_teeth;
    uint8_t m_one = 0xa1, m_zero = 0;
};

void expect_comb(const elf_reader& core, uint64_t teeth) {
    const auto loads = core.loads();
    ASSERT_EQ(loads.size(), teeth);
    for (uint64_t i : {uint64_t{0}, uint64_t{4096}, teeth - 1}) {
        EXPECT_EQ(loads[i].paddr, 0x1000 + i * 2);
        EXPECT_EQ(loads[i].filesz, 1u);
        EXPECT_EQ(core.bytes(loads[i].offset, 1), std::string(1, i % 4096 == 0 ? '\xa1' : '\0'));
    }
    EXPECT_EQ(core.notes.at(0).desc, "some text");
}

TEST_F(elf_core_test, the_largest_plain_count_of_program_headers_needs_no_section) {
    const elf_reader core = write(find_dump_target("riscv64"), comb_memory(65533));
    EXPECT_EQ(core.phnum, 65534u);
    EXPECT_EQ(core.shnum, 0u);
    EXPECT_EQ(core.shoff, 0u);
    expect_comb(core, 65533);
}

std::string output_of(const std::string& command) {
    std::string text;
    FILE* pipe = ::popen(command.c_str(), "r");
    char buffer[4096];
    while (size_t count = std::fread(buffer, 1, sizeof buffer, pipe))
        text.append(buffer, count);
    const int status = ::pclose(pipe);
    return status == 0 ? text : text + "\nexit status " + std::to_string(status);
}

class pn_xnum_test : public elf_core_test,
                     public testing::WithParamInterface<std::pair<std::string, uint64_t>> {};

TEST_P(pn_xnum_test, the_null_section_counts_the_program_headers) {
    const auto [name, teeth] = GetParam();
    const elf_reader core = write(find_dump_target(name), comb_memory(teeth));
    const bool wide = core.file_class == 2;
    EXPECT_EQ(core.phnum, 0xffffu);
    EXPECT_EQ(core.shnum, 3u);
    EXPECT_EQ(core.shentsize, wide ? 64u : 40u);
    EXPECT_EQ(core.shstrndx, 2u);
    EXPECT_EQ(core.shoff % 8, 0u);
    EXPECT_GE(core.shoff, core.phoff + core.phentsize * (teeth + 1));
    EXPECT_LE(core.shoff + 3 * core.shentsize, core.program_headers[0].offset);
    std::string section = core.bytes(core.shoff, core.shentsize);
    EXPECT_EQ(little(section, wide ? 44 : 28, 4), teeth + 1);
    section.replace(wide ? 44 : 28, 4, 4, '\0');
    EXPECT_EQ(section, std::string(core.shentsize, '\0'));
    expect_comb(core, teeth);
}

TEST_P(pn_xnum_test, other_readers_count_the_same) {
    const auto [name, teeth] = GetParam();
    write(find_dump_target(name), comb_memory(teeth));
    for (const char* tool : {"readelf", "eu-readelf"}) {
        if (std::system(("command -v " + std::string(tool) + " > /dev/null").c_str()) != 0)
            GTEST_SKIP() << tool << " is not installed";
        const std::string loads =
            output_of(std::string(tool) + " -lW " + path + " 2>&1 | grep -c '^ *LOAD '");
        EXPECT_EQ(loads, std::to_string(teeth) + "\n") << tool;
        const std::string notes = output_of(std::string(tool) + " -n " + path + " 2>&1");
        EXPECT_THAT(notes, HasSubstr("TEST")) << tool;
        EXPECT_THAT(notes, Not(HasSubstr("exit status"))) << tool;
    }
}

using pn_xnum_case = std::pair<std::string, uint64_t>;
INSTANTIATE_TEST_SUITE_P(, pn_xnum_test,
                         testing::Values(pn_xnum_case("riscv64", 65534), pn_xnum_case("riscv64", 65535),
                                         pn_xnum_case("riscv64", 70000), pn_xnum_case("riscv32", 65540)),
                         [](const auto& test) {
                             return test.param.first + "_" + std::to_string(test.param.second);
                         });

} // namespace
