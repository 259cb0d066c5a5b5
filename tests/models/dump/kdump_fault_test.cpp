// What becomes of a kdump file, and of whoever asked for it, when something fails.

#include "tests/models/dump/faulty_calls.h"
#include "tests/models/dump/kdump_fixture.h"

#include <cerrno>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <system_error>
#include <thread>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

// A file that somebody else has opened keeps what was written before an error, so it must say so.
TEST_F(kdump_test, every_system_call_that_fails_is_an_error_and_never_leaves_a_file_that_looks_whole) {
    for (const char* format : {"kdump-raw-lzo", "kdump-lzo"})
        for (bool opened : {false, true})
            for (int k = 0;; ++k) {
                request.format = format;
                faulty_calls calls;
                calls.fail_at = k;
                calls.error = ENOSPC;
                const std::string path = directory / "vmcore";
                int descriptor = -1;
                if (opened) {
                    descriptor = ::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR, 0600);
                    request.opened = std::make_shared<opened_file>(::dup(descriptor), path);
                }
                const dumper faulty(sc_core::sc_gen_unique_name("faulty"), memory, &vmcoreinfo, {&hart0},
                                    calls);
                int code = 0;
                const std::string error = error_of(faulty, &code);
                request.opened.reset();
                const std::string left = opened ? read_file(path) : "";
                if (opened)
                    ::close(descriptor);
                ASSERT_EQ(count_threads(), 1u);
                if (error == "no error") {
                    EXPECT_GE(k, 10);
                    EXPECT_EQ(error_of(engine), "no error"); // and dumps go on
                    std::filesystem::remove(path);
                    break;
                }
                EXPECT_EQ(code, ENOSPC);
                EXPECT_THAT(error, HasSubstr("'" + path + "'"));
                if (!opened) {
                    EXPECT_THAT(directory.names(), IsEmpty());
                    continue;
                }
                if (left.empty() || calls.failed == "close")
                    continue; // nothing is there, or everything
                if (left.compare(0, 12, "makedumpfile") != 0) {
                    EXPECT_EQ(left.at(424), 2 | 8) << k;
                } else if (left.substr(left.size() - 16) == std::string(16, '\xff')) { // the end record
                    EXPECT_EQ(left[left.size() - 20], 2 | 8) << k;
                }
            }
}

TEST_F(kdump_test, a_thread_that_does_not_start_is_an_error_and_the_others_end) {
    struct : file_operations {
        int started = 0, fail_at = 0;
        std::thread start_thread(std::function<void()> body) override {
            if (started++ == fail_at)
                throw std::system_error(EAGAIN, std::generic_category());
            return file_operations::start_thread(std::move(body));
        }
    } calls;
    const dumper short_of_threads("short_of_threads", memory, &vmcoreinfo, {&hart0}, calls);
    request.threads = 3;
    for (const char* format : {"kdump-raw-zstd", "kdump-zstd"})
        for (int k = 0; k < 3; ++k) {
            request.format = format;
            calls.started = 0;
            calls.fail_at = k;
            int code = 0;
            EXPECT_EQ(error_of(short_of_threads, &code), "cannot start a thread to write '" + request.file +
                                                             "': Resource temporarily unavailable");
            EXPECT_EQ(code, EAGAIN);
            EXPECT_EQ(calls.started, k + 1);
            EXPECT_EQ(count_threads(), 1u);
            EXPECT_THAT(directory.names(), IsEmpty());
        }
    calls.fail_at = -1;
    EXPECT_EQ(error_of(short_of_threads), "no error");
}

TEST_F(kdump_test, a_pipe_gets_what_a_file_gets) {
    for (const char* codec : {"zlib", "lzo", "snappy", "zstd"})
        for (dump_layout layout : {dump_layout::portable, dump_layout::qemu}) {
            request.format = std::string("kdump-") + codec;
            request.layout = layout;
            int ends[2];
            ASSERT_EQ(::pipe(ends), 0);
            std::string received;
            std::thread reader([&] {
                char buffer[65536];
                for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
                    received.append(buffer, static_cast<size_t>(got));
            });
            request.opened = std::make_shared<opened_file>(ends[1], "pipe");
            const dump_result result = engine.write(request);
            request.opened.reset();
            reader.join();
            ::close(ends[0]);
            EXPECT_EQ(result.bytes, received.size());
            engine.write(request);
            EXPECT_TRUE(read_file(request.file) == received) << codec;
        }
}

TEST_F(kdump_test, raw_formats_refuse_a_pipe_and_a_reader_that_goes_is_an_error) {
    for (const std::string& format : kdump_formats()) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        ::close(ends[0]);
        request.format = format;
        request.opened = std::make_shared<opened_file>(ends[1], "pipe");
        int code = 0;
        const bool raw = format.find("raw") != std::string::npos;
        EXPECT_EQ(error_of(engine, &code),
                  raw ? "kdump-raw formats require a seekable file" : "cannot write 'pipe': Broken pipe");
        EXPECT_EQ(code, raw ? 0 : EPIPE);
        EXPECT_EQ(count_threads(), 1u);
    }
}

TEST_F(kdump_test, what_memory_throws_comes_out_and_an_output_that_still_takes_bytes_is_marked) {
    struct : guest_memory {
        std::vector<memory_range> ranges() const override { return {{0, 64 << 20, nullptr}}; }
        uint64_t read(uint64_t paddr, void* to, uint64_t length) const override {
            if (paddr >= 32 << 20)
                throw std::bad_alloc();
            std::memset(to, 0x55, length);
            return length;
        }
    } failing;
    const dumper writer("writer", failing, nullptr, {&hart0});
    for (const char* format : {"kdump-raw-snappy", "kdump-snappy"}) {
        request.format = format;
        const std::string path = directory / "opened";
        request.opened =
            std::make_shared<opened_file>(::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR, 0600), path);
        int code = 0;
        EXPECT_EQ(error_of(writer, &code), "cannot write '" + path + "': Cannot allocate memory");
        EXPECT_EQ(code, ENOMEM);
        const std::string left = read_file(path);
        const bool flattened = left.compare(0, 12, "makedumpfile") == 0;
        EXPECT_EQ(static_cast<uint8_t>(flattened ? left[left.size() - 16 - 4] : left[424]), 4 | 8);
        if (flattened) {
            EXPECT_EQ(left.substr(left.size() - 16), std::string(16, '\xff'));
        }
        EXPECT_EQ(count_threads(), 1u);
    }
}

} // namespace
