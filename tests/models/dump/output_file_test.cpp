// The output file when all goes well, and when each of its system calls does not.

#include "models/dump/output_file.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/faulty_calls.h"
#include "tests/models/dump/temporary_directory.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

namespace {

void write_text(output_file& file, uint64_t offset, const std::string& text) {
    file.write_at(offset, text.data(), text.size());
}

void make_file(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}

/// Runs it and gives the error, which must be a system_error.
std::pair<int, std::string> error_of(const std::function<void()>& run) {
    try {
        run();
    } catch (const std::system_error& error) {
        return {error.code().value(), error.what()};
    }
    return {0, "no error"};
}

class output_file_test : public testing::Test {
protected:
    void expect_create_error(const std::string& path, int code, const std::string& text) {
        const auto [error, what] = error_of([&] { output_file file(path); });
        EXPECT_EQ(error, code) << what;
        EXPECT_THAT(what, HasSubstr(text));
        EXPECT_THAT(what, HasSubstr("'" + path + "'"));
    }

    temporary_directory directory;
};

TEST_F(output_file_test, appears_under_its_name_only_at_the_commit) {
    const std::string path = directory / "vmcore";
    output_file file(path);
    write_text(file, 0, "hello");
    EXPECT_FALSE(std::filesystem::exists(path));
    file.commit(false);
    EXPECT_EQ(read_file(path), "hello");
    EXPECT_THAT(directory.names(), UnorderedElementsAre("vmcore"));
}

TEST_F(output_file_test, without_a_commit_leaves_nothing_and_keeps_the_old_file) {
    make_file(directory / "vmcore", "old");
    {
        output_file file(directory / "vmcore");
        write_text(file, 0, "half of the new");
    }
    EXPECT_EQ(read_file(directory / "vmcore"), "old");
    EXPECT_THAT(directory.names(), UnorderedElementsAre("vmcore"));
}

TEST_F(output_file_test, a_process_that_is_killed_leaves_nothing) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        output_file file(directory / "vmcore");
        write_text(file, 0, "half");
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_THAT(directory.names(), IsEmpty());
}

TEST_F(output_file_test, a_temporary_name_that_is_taken_is_left_alone) {
    const std::string taken = ".vmcore." + std::to_string(::getpid()) + "-0";
    make_file(directory / taken, "somebody's");
    output_file file(directory / "vmcore");
    write_text(file, 0, "x");
    file.commit(false);
    EXPECT_EQ(read_file(directory / taken), "somebody's");
    EXPECT_EQ(read_file(directory / "vmcore"), "x");
    EXPECT_THAT(directory.names(), UnorderedElementsAre("vmcore", taken));
}

TEST_F(output_file_test, replaces_an_older_file) {
    make_file(directory / "vmcore", "much older and longer");
    output_file file(directory / "vmcore");
    write_text(file, 0, "new");
    file.commit(true);
    EXPECT_EQ(read_file(directory / "vmcore"), "new");
}

TEST_F(output_file_test, is_for_its_owner_only) {
    output_file file(directory / "vmcore");
    file.commit(false);
    struct stat status;
    ASSERT_EQ(::stat((directory / "vmcore").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST_F(output_file_test, what_is_not_written_reads_as_zeros) {
    output_file file(directory / "vmcore");
    write_text(file, 5, "x");
    file.set_size(8);
    file.commit(false);
    EXPECT_EQ(read_file(directory / "vmcore"), std::string("\0\0\0\0\0x\0\0", 8));
}

TEST_F(output_file_test, takes_a_name_without_directory_and_one_of_the_greatest_length) {
    ASSERT_EQ(::chdir(directory.path().c_str()), 0);
    for (const std::string& name : {std::string("v"), std::string(255, 'n')}) {
        output_file file(name);
        file.commit(true);
        EXPECT_TRUE(std::filesystem::exists(directory / name));
    }
    ASSERT_EQ(::chdir("/"), 0);
}

TEST_F(output_file_test, follows_a_link_to_a_file) {
    make_file(directory / "real", "old");
    std::filesystem::create_symlink("real", directory / "link");
    output_file file(directory / "link");
    write_text(file, 0, "new");
    file.commit(false);
    EXPECT_EQ(read_file(directory / "real"), "new");
    EXPECT_TRUE(std::filesystem::is_symlink(directory / "link"));
}

TEST_F(output_file_test, follows_links_to_a_file_that_is_not_there_yet) {
    std::filesystem::create_directory(directory / "below");
    std::filesystem::create_symlink("below/second", directory / "first");
    std::filesystem::create_symlink("../real", directory / "below/second");
    output_file file(directory / "first");
    write_text(file, 0, "new");
    EXPECT_FALSE(std::filesystem::exists(directory / "real"));
    file.commit(true);
    EXPECT_EQ(read_file(directory / "real"), "new");
    EXPECT_TRUE(std::filesystem::is_symlink(directory / "first"));
    EXPECT_TRUE(std::filesystem::is_symlink(directory / "below/second"));
    EXPECT_THAT(directory.names(), UnorderedElementsAre("below", "first", "real"));
}

TEST_F(output_file_test, refuses_a_link_that_leads_nowhere_and_lets_it_be) {
    std::filesystem::create_symlink(directory / "no/vmcore", directory / "nowhere");
    std::filesystem::create_symlink("circle", directory / "circle");
    expect_create_error(directory / "nowhere", ENOENT, "No such file or directory");
    expect_create_error(directory / "circle", ELOOP, "Too many levels of symbolic links");
    EXPECT_EQ(std::filesystem::read_symlink(directory / "nowhere"), directory / "no/vmcore");
    EXPECT_THAT(directory.names(), UnorderedElementsAre("nowhere", "circle"));
}

TEST_F(output_file_test, refuses_directories) {
    expect_create_error(directory.path(), EISDIR, "Is a directory");
    expect_create_error(directory / "missing/", EISDIR, "Is a directory");
    expect_create_error("", ENOENT, "No such file");
}

TEST_F(output_file_test, names_a_directory_that_is_not_there_or_not_one) {
    expect_create_error(directory / "no/vmcore", ENOENT, "No such file or directory");
    make_file(directory / "plain", "");
    expect_create_error(directory / "plain/vmcore", ENOTDIR, "Not a directory");
    expect_create_error(directory / std::string(256, 'n'), ENAMETOOLONG, "File name too long");
}

TEST_F(output_file_test, names_a_directory_that_may_not_be_written) {
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0555));
    const bool is_root = ::geteuid() == 0;
    if (is_root) {
        ASSERT_EQ(::seteuid(65534), 0) << "root may write everywhere, so the test goes on as nobody";
    }
    expect_create_error(directory / "vmcore", EACCES, "Permission denied");
    if (is_root) {
        ASSERT_EQ(::seteuid(0), 0);
    }
    EXPECT_THAT(directory.names(), IsEmpty());
}

TEST_F(output_file_test, beyond_the_limit_of_file_sizes_names_the_file_and_leaves_nothing) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {10000, RLIM_INFINITY};
    rlimit before;
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    const std::string path = directory / "vmcore";
    const auto written = error_of([&] {
        output_file file(path);
        write_text(file, 0, std::string(8192, 'x'));
        write_text(file, 8192, std::string(8192, 'x'));
    });
    const auto extended = error_of([&] { output_file(path).set_size(10001); });
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_EQ(written, std::make_pair(EFBIG, "cannot write '" + path + "': File too large"));
    EXPECT_EQ(extended, std::make_pair(EFBIG, "cannot write '" + path + "': File too large"));
    EXPECT_THAT(directory.names(), IsEmpty());
}

/// Writes to /dev/full from some byte on: a real ENOSPC without a file system to fill.
class full_disk : public file_operations {
public:
    explicit full_disk(off_t from)
        : m_from(from)
        , m_device(::open("/dev/full", O_WRONLY | O_CLOEXEC)) {}
    ~full_disk() override { ::close(m_device); }
    ssize_t pwrite(int file, const void* from, size_t length, off_t offset) override {
        return file_operations::pwrite(offset + static_cast<off_t>(length) > m_from ? m_device : file, from,
                                       length, offset);
    }

private:
    off_t m_from;
    int m_device;
};

TEST_F(output_file_test, on_a_full_disk_names_the_file_and_leaves_nothing) {
    const std::string path = directory / "vmcore";
    make_file(path, "old");
    full_disk disk(4);
    const auto error = error_of([&] {
        output_file file(path, disk);
        write_text(file, 0, "1234");
        write_text(file, 4, "5");
        file.commit(false);
    });
    EXPECT_EQ(error, std::make_pair(ENOSPC, "cannot write '" + path + "': No space left on device"));
    EXPECT_EQ(read_file(path), "old");
    EXPECT_THAT(directory.names(), UnorderedElementsAre("vmcore"));
}

TEST_F(output_file_test, short_and_interrupted_writes_are_gone_on_with) {
    faulty_calls calls;
    calls.tease = true;
    output_file file(directory / "vmcore", calls);
    write_text(file, 0, "a text of more than three bytes");
    file.commit(false);
    EXPECT_EQ(read_file(directory / "vmcore"), "a text of more than three bytes");
    EXPECT_GT(calls.calls, 20);
}

TEST_F(output_file_test, a_write_of_nothing_is_an_error_and_not_an_endless_loop) {
    struct : file_operations {
        ssize_t pwrite(int, const void*, size_t, off_t) override { return 0; }
    } calls;
    const auto error = error_of([&] {
        output_file file(directory / "vmcore", calls);
        write_text(file, 0, "x");
    });
    EXPECT_EQ(error.first, EIO);
}

TEST_F(output_file_test, whichever_call_fails_the_error_is_told_and_no_half_file_is_left) {
    const std::string path = directory / "vmcore";
    std::string failed;
    for (int k = 0;; ++k) {
        std::filesystem::remove(path);
        faulty_calls calls;
        calls.fail_at = k;
        calls.error = ENOSPC;
        const auto error = error_of([&] {
            output_file file(path, calls);
            write_text(file, 0, "one");
            write_text(file, 3, "two");
            file.set_size(10);
            file.commit(true);
        });
        if (calls.failed.empty()) {
            EXPECT_EQ(error.first, 0) << error.second;
            break;
        }
        failed += calls.failed + " ";
        EXPECT_EQ(error.first, ENOSPC) << calls.failed;
        EXPECT_THAT(error.second, HasSubstr("'" + path + "': No space left on device"));
        // After the rename the file is complete, though perhaps not durable.
        if (failed == "pwrite pwrite ftruncate fsync close rename fsync ")
            EXPECT_THAT(directory.names(), UnorderedElementsAre("vmcore"));
        else
            EXPECT_THAT(directory.names(), IsEmpty()) << calls.failed;
    }
    EXPECT_EQ(failed, "pwrite pwrite ftruncate fsync close rename fsync ");
    EXPECT_EQ(read_file(path), std::string("onetwo\0\0\0\0", 10));
}

TEST_F(output_file_test, a_rename_that_the_system_refuses_leaves_no_temporary_file) {
    const std::string path = directory / "vmcore";
    const auto error = error_of([&] {
        output_file file(path);
        write_text(file, 0, "x");
        std::filesystem::create_directory(path);
        file.commit(false);
    });
    EXPECT_EQ(error.first, EISDIR);
    EXPECT_THAT(error.second, HasSubstr("'" + path + "': Is a directory"));
    EXPECT_THAT(directory.names(), UnorderedElementsAre("vmcore"));
}

/// A process that was killed when the file had a temporary name and not yet its own.
pid_t killed_writer(const std::string& path) {
    class : public file_operations {
        int rename(const char*, const char*) override { return ::kill(::getpid(), SIGKILL); }
    } deadly;
    const pid_t writer = ::fork();
    if (writer == 0) {
        output_file file(path, deadly);
        write_text(file, 0, "x");
        file.commit(false);
        ::_exit(0);
    }
    ::waitpid(writer, nullptr, 0);
    return writer;
}

TEST_F(output_file_test, what_a_killed_process_left_behind_a_link_is_removed) {
    std::filesystem::create_directory(directory / "below");
    std::filesystem::create_symlink("below/vmcore", directory / "link");
    const pid_t writer = killed_writer(directory / "link");
    EXPECT_FALSE(std::filesystem::is_empty(directory / "below"));
    output_file::remove_unfinished(directory / "link", writer);
    EXPECT_TRUE(std::filesystem::is_empty(directory / "below"));
    EXPECT_THAT(directory.names(), UnorderedElementsAre("below", "link"));
}

TEST_F(output_file_test, what_a_killed_process_left_is_removed_and_nothing_else) {
    const std::string path = directory / "vmcore";
    const pid_t writer = killed_writer(path);
    const std::string start = ".vmcore." + std::to_string(writer);
    EXPECT_THAT(directory.names(), UnorderedElementsAre(start + "-0"));
    for (const std::string& other :
         {start + "0-0", ".vmcores." + std::to_string(writer) + "-0", std::string("vmcore")})
        make_file(directory / other, "x");
    output_file::remove_unfinished(path, writer);
    EXPECT_THAT(directory.names(),
                UnorderedElementsAre(start + "0-0", ".vmcores." + std::to_string(writer) + "-0", "vmcore"));
    output_file::remove_unfinished("/nonexistent/vmcore", writer);
}

} // namespace
