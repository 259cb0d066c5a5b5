// The module as a platform uses it.

#include "models/dump/dumper.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/temporary_directory.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

namespace {

class dumper_test : public testing::Test {
protected:
    dumper_test() {
        memory.add(0x1000, 0xf000)[0] = 0x97;
        for (uint8_t* byte = ram; byte < ram + 0x10000; ++byte)
            *byte = static_cast<uint8_t>(byte - ram) | 1;
        memory.put(0x80008000, note);
        vmcoreinfo.value = elf_record(0x80008000, 4096);
        request.file = directory / "vmcore";
    }

    std::string error_of(const dump_request& wrong) {
        try {
            engine.write(wrong);
        } catch (const std::runtime_error& error) {
            EXPECT_THAT(directory.names(), IsEmpty());
            return error.what();
        }
        return "no error";
    }

    temporary_directory directory;
    fake_memory memory;
    uint8_t* ram = memory.add(0x80000000, 0x10000);
    const std::vector<uint8_t> note =
        guest_note_bytes(vmcoreinfo_name, "OSRELEASE=6.1\nPAGESIZE=4096\nNUMBER(phys_ram_base)=2147483648\n");
    fake_vmcoreinfo vmcoreinfo;
    fake_cpu hart0{0x80000100}, hart1{0x1000};
    dumper engine{"dumper", memory, &vmcoreinfo, {&hart0, &hart1}};
    dump_request request;
};

TEST_F(dumper_test, writes_cpus_the_guests_note_and_memory_in_this_order) {
    const dump_result result = engine.write(request);
    const elf_reader core(request.file);
    ASSERT_EQ(core.notes.size(), 3u);
    for (size_t i : {0, 1}) {
        EXPECT_EQ(core.notes[i].name, std::string("CORE\0", 5));
        EXPECT_EQ(core.notes[i].type, 1u);
        EXPECT_EQ(core.notes[i].desc.size(), 376u);
        EXPECT_EQ(little(core.notes[i].desc, 32, 4), i + 1);
    }
    EXPECT_EQ(little(core.notes[0].desc, 112, 8), 0x80000100u);
    EXPECT_EQ(little(core.notes[1].desc, 112, 8), 0x1000u);
    EXPECT_EQ(core.notes[2].name, vmcoreinfo_name);
    EXPECT_THAT(core.notes[2].desc, HasSubstr("PAGESIZE=4096\n"));
    const uint64_t note_offset = core.program_headers[0].offset + 2 * 396;
    EXPECT_EQ(core.bytes(note_offset, note.size()), std::string(note.begin(), note.end()));

    const auto loads = core.loads();
    ASSERT_EQ(loads.size(), 2u);
    EXPECT_EQ(loads[0].paddr, 0x1000u);
    EXPECT_EQ(loads[1].paddr, 0x80000000u);
    EXPECT_TRUE(core.bytes(loads[1].offset, 0x10000) == std::string(ram, ram + 0x10000));

    EXPECT_THAT(result.warnings, IsEmpty());
    EXPECT_EQ(result.bytes, core.size);
    EXPECT_EQ(result.phys_base, 0x80000000u);
    ASSERT_EQ(result.notes.size(), 3u);
    EXPECT_EQ(result.notes[0].owner, "CORE");
    EXPECT_EQ(result.notes[0].size, 376u);
    EXPECT_EQ(result.notes[2].owner, "VMCOREINFO");
    EXPECT_EQ(result.notes[2].size, core.notes[2].desc.size());
    ASSERT_EQ(result.segments.size(), 2u);
    EXPECT_EQ(result.segments[1].paddr, 0x80000000u);
    EXPECT_EQ(result.segments[1].size, 0x10000u);
    EXPECT_EQ(result.segments[1].offset, loads[1].offset);
    EXPECT_THAT(directory.names(), UnorderedElementsAre("vmcore"));
}

TEST_F(dumper_test, two_dumps_of_one_state_are_equal) {
    engine.write(request);
    const std::string first = read_file(request.file);
    request.fsync = true;
    engine.write(request);
    EXPECT_TRUE(read_file(request.file) == first);
}

TEST_F(dumper_test, syncs_the_file_and_its_directory_when_asked_to) {
    struct : file_operations {
        int syncs = 0;
        int fsync(int file) override {
            ++syncs;
            return file_operations::fsync(file);
        }
    } calls;
    const dumper counted("counted", memory, &vmcoreinfo, {&hart0}, calls);
    counted.write(request);
    EXPECT_EQ(calls.syncs, 0);
    request.fsync = true;
    counted.write(request);
    EXPECT_EQ(calls.syncs, 2);
}

TEST_F(dumper_test, a_bad_guest_note_costs_only_that_note) {
    vmcoreinfo.value.guest_format = 2;
    const dump_result result = engine.write(request);
    EXPECT_THAT(result.warnings, ElementsAre("guest note format is unsupported: 2"));
    EXPECT_EQ(elf_reader(request.file).notes.size(), 2u);
    EXPECT_EQ(result.notes.size(), 2u);
    EXPECT_FALSE(result.phys_base);
}

TEST_F(dumper_test, without_a_vmcoreinfo_device_nothing_is_missing) {
    const dumper plain("plain", memory, nullptr, {&hart0});
    const dump_result result = plain.write(request);
    EXPECT_THAT(result.warnings, IsEmpty());
    EXPECT_EQ(elf_reader(request.file).notes.size(), 1u);
}

TEST_F(dumper_test, a_platform_without_cpus_has_an_empty_note_segment) {
    const dumper plain("plain", memory, nullptr, {});
    plain.write(request);
    const elf_reader core(request.file);
    EXPECT_EQ(core.program_headers.at(0).filesz, 0u);
    EXPECT_EQ(core.loads().size(), 2u);
}

TEST_F(dumper_test, a_filter_keeps_the_notes_and_clips_memory) {
    request.filter = dump_filter{0x80000800, 0x3001};
    const dump_result result = engine.write(request);
    const elf_reader core(request.file);
    EXPECT_EQ(core.notes.size(), 3u) << "the guest's note is outside the filter and yet there";
    const auto loads = core.loads();
    ASSERT_EQ(loads.size(), 1u);
    EXPECT_EQ(loads[0].paddr, 0x80000800u);
    EXPECT_EQ(loads[0].filesz, 0x3001u);
    EXPECT_TRUE(core.bytes(loads[0].offset, 0x3001) == std::string(ram + 0x800, ram + 0x3801));
    EXPECT_EQ(core.size, loads[0].offset + 0x3001);
    EXPECT_EQ(result.segments.size(), 1u);
}

TEST_F(dumper_test, riscv32_makes_an_elf32) {
    request.target = "riscv32";
    engine.write(request);
    const elf_reader core(request.file);
    EXPECT_EQ(core.file_class, 1);
    EXPECT_EQ(core.notes.at(0).desc.size(), 204u);
    EXPECT_EQ(core.notes.at(2).name, vmcoreinfo_name);
}

TEST_F(dumper_test, x86_64_without_cpus_has_the_guests_note_and_its_negative_phys_base) {
    const std::vector<uint8_t> kernel_note =
        guest_note_bytes(vmcoreinfo_name, "NUMBER(phys_ram_base)=1\nNUMBER(phys_base)=-16777216\n");
    memory.put(0x80008000, kernel_note);
    const dumper plain("plain", memory, &vmcoreinfo, {});
    request.target = "x86_64";
    const dump_result result = plain.write(request);
    const elf_reader core(request.file);
    EXPECT_EQ(core.file_class, 2);
    EXPECT_EQ(little(core.bytes(18, 2), 0, 2), 62u) << "EM_X86_64";
    ASSERT_EQ(core.notes.size(), 1u);
    EXPECT_EQ(core.notes[0].name, vmcoreinfo_name);
    EXPECT_EQ(result.phys_base, uint64_t{0} - 16777216);
    EXPECT_EQ(core.loads().size(), 2u);
}

TEST_F(dumper_test, tells_how_far_it_has_come) {
    EXPECT_EQ(engine.progress().total, 0u);
    EXPECT_EQ(engine.write(request).memory_bytes, 0x1f000u);
    EXPECT_EQ(engine.progress().completed, 0x1f000u);
    EXPECT_EQ(engine.progress().total, 0x1f000u);
    request.filter = dump_filter{0x80000800, 0x3001};
    engine.write(request);
    EXPECT_EQ(engine.progress().completed, 0x3001u);
    EXPECT_EQ(engine.progress().total, 0x3001u);
}

TEST_F(dumper_test, shows_its_progress_while_it_writes) {
    struct : file_operations {
        const dumper* watched = nullptr;
        std::vector<uint64_t> completed;
        ssize_t pwrite(int file, const void* from, size_t length, off_t offset) override {
            EXPECT_EQ(watched->progress().total, 0x1f000u + 0x500000);
            completed.push_back(watched->progress().completed);
            return file_operations::pwrite(file, from, length, offset);
        }
    } calls;
    uint8_t* large = memory.add(0x90000000, 0x500000); // at 0x20000 in the file
    large[0] = large[0x1e0000] = large[0x3e0000] = 1;
    const dumper counted("counted", memory, nullptr, {}, calls);
    calls.watched = &counted;
    counted.write(request);
    // The ROM, RAM, the large range's three pages, one in each 2 MiB of the file, and the headers at last.
    EXPECT_THAT(calls.completed, ElementsAre(0, 0xf000, 0x1f000, 0x1ff000, 0x3ff000, 0x51f000));
}

TEST_F(dumper_test, a_dump_that_fails_halfway_says_how_far_it_came) {
    struct : file_operations {
        off_t room = 0;
        ssize_t pwrite(int file, const void* from, size_t length, off_t offset) override {
            errno = ENOSPC;
            return offset >= room ? -1 : file_operations::pwrite(file, from, length, offset);
        }
    } calls;
    calls.room = 0x10000; // where RAM is in the file, behind the ROM
    const dumper unlucky("unlucky", memory, nullptr, {}, calls);
    EXPECT_THROW(unlucky.write(request), std::system_error);
    EXPECT_EQ(unlucky.progress().total, 0x1f000u);
    EXPECT_EQ(unlucky.progress().completed, 0xf000u);
}

TEST_F(dumper_test, a_file_that_somebody_opened_gets_the_same_bytes_at_its_position) {
    engine.write(request);
    const std::string expected = read_file(request.file);
    const int mine = ::memfd_create("dump", MFD_CLOEXEC);
    ASSERT_EQ(::pwrite(mine, std::string(1 << 20, 'x').data(), 1 << 20, 0), 1 << 20);
    ASSERT_EQ(::lseek(mine, 100, SEEK_SET), 100);
    request.file.clear();
    request.opened = std::make_shared<opened_file>(::dup(mine), "fd:mine");
    const dump_result result = engine.write(request);
    const off_t end = ::lseek(mine, 0, SEEK_CUR);
    EXPECT_EQ(end, static_cast<off_t>(100 + result.bytes));
    EXPECT_EQ(::lseek(mine, 0, SEEK_END), end);
    std::string written(expected.size() + 100, '\0');
    ASSERT_EQ(::pread(mine, written.data(), written.size(), 0), static_cast<ssize_t>(written.size()));
    EXPECT_TRUE(written == std::string(100, 'x') + expected);
    ::close(mine);

    EXPECT_THROW(engine.write(request), std::system_error) << "the descriptor is used up";
}

TEST_F(dumper_test, a_refused_request_closes_the_opened_file_with_the_request) {
    const int mine = ::memfd_create("dump", MFD_CLOEXEC);
    {
        dump_request wrong;
        wrong.opened = std::make_shared<opened_file>(mine, "fd:mine");
        wrong.format = "kdump";
        EXPECT_THROW(engine.write(wrong), std::runtime_error);
    }
    EXPECT_EQ(::fcntl(mine, F_GETFD), -1);
}

TEST_F(dumper_test, an_unknown_format_lists_what_there_is) {
    request.format = "kdump";
    EXPECT_EQ(error_of(request),
              "unknown dump format 'kdump': expected one of elf, kdump-zlib, kdump-lzo, kdump-snappy, "
              "kdump-zstd, kdump-raw-zlib, kdump-raw-lzo, kdump-raw-snappy, kdump-raw-zstd");
}

TEST_F(dumper_test, wrong_requests_leave_no_file) {
    dump_request wrong = request;
    wrong.target = "vax";
    EXPECT_THAT(error_of(wrong), HasSubstr("unknown dump target 'vax'"));
    wrong = request;
    wrong.filter = dump_filter{0x10000, 16};
    EXPECT_EQ(error_of(wrong), "dump: no guest memory to dump");
    wrong.filter = dump_filter{0x80000000, 0};
    EXPECT_EQ(error_of(wrong), "parameter 'length' expects a non-zero size");
    wrong.filter = dump_filter{-1, 1};
    EXPECT_THAT(error_of(wrong), HasSubstr("'begin'"));
    wrong = request;
    wrong.file = directory / "missing/vmcore";
    EXPECT_EQ(error_of(wrong), "cannot create '" + wrong.file + "': No such file or directory");
}

TEST_F(dumper_test, a_disk_limit_in_the_middle_of_memory_leaves_no_file) {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before;
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t limit : {100, 1000, 5000, 70000}) {
        const rlimit tight = {limit, before.rlim_max};
        ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
        const std::string error = error_of(request);
        ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
        EXPECT_EQ(error, "cannot write '" + request.file + "': File too large") << limit;
    }
}

TEST_F(dumper_test, no_record_that_a_guest_can_write_is_an_exception) {
    const uint64_t addresses[] = {0,          0x1000,     0xfff0,     0x80000000,         0x8000fff8,
                                  0x8000ffff, 0x80010000, 0xffffffff, 0xfffffffffffffff4, 0xffffffffffffffff};
    const uint32_t sizes[] = {0,       1,        11,       12,         13,         4096,
                              0xfffff, 0x100000, 0x100001, 0x80000000, 0xfffffffc, 0xffffffff};
    for (uint64_t paddr : addresses)
        for (uint32_t size : sizes)
            for (int format : {0, 1, 2, 0xffff}) {
                vmcoreinfo.value = elf_record(paddr, size);
                vmcoreinfo.value.guest_format = static_cast<uint16_t>(format);
                dump_result result;
                ASSERT_NO_THROW(result = engine.write(request)) << paddr << " " << size << " " << format;
                ASSERT_GE(elf_reader(request.file).notes.size(), 2u);
                EXPECT_TRUE(result.notes.size() == 3 || !result.warnings.empty());
            }
}

} // namespace
