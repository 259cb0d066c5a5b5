// How much memory a dump takes beside the guest's: less than 64 MiB, however much the guest has.

#include "models/dump/dumper.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/temporary_directory.h"

#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/mman.h>

using namespace vmcore;
using namespace vmcore::test;

namespace {

constexpr uint64_t mib = 1 << 20;

/// What /proc/self/status says of this process, in bytes: VmRSS is in memory now, VmHWM was at most.
uint64_t status_of_memory(const std::string& what) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.compare(0, what.size() + 1, what + ":") == 0)
            return std::stoull(line.substr(what.size() + 1)) * 1024;
    return 0;
}

/// From now on VmHWM is what is in memory from now on at most. False: that cannot be done here.
bool forget_peak() {
#ifdef __SANITIZE_ADDRESS__ // keeps what is freed for a while
    return false;
#endif
    std::ofstream(std::string("/proc/self/clear_refs")) << 5;
    return status_of_memory("VmHWM") < status_of_memory("VmRSS") + mib;
}

/// RAM that takes no room before it is touched.
class lazy_memory : public guest_memory {
public:
    explicit lazy_memory(uint64_t size)
        : m_size(size)
        , m_bytes(static_cast<uint8_t*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
        ::madvise(m_bytes, size, MADV_NOHUGEPAGE);
    }
    ~lazy_memory() override { ::munmap(m_bytes, m_size); }
    lazy_memory(const lazy_memory&) = delete;
    lazy_memory& operator=(const lazy_memory&) = delete;

    /// Puts noise into a page of every so many.
    void touch(uint64_t end, uint64_t every) {
        uint32_t state = 1;
        for (uint64_t page = 0; page < end; page += every * 4096)
            for (uint64_t i = 0; i < 4096; i += 4) {
                state = state * 1664525 + 1013904223;
                std::memcpy(m_bytes + page + i, &state, 4);
            }
    }
    std::vector<memory_range> ranges() const override { return {{0x80000000, m_size, m_bytes}}; }
    uint64_t read(uint64_t, void* to, uint64_t length) const override { // of notes, which are not there
        std::memset(to, 0, length);
        return 0;
    }

private:
    uint64_t m_size;
    uint8_t* m_bytes;
};

class dump_memory_test : public testing::TestWithParam<std::string> {
protected:
    /// Bytes that a dump takes at most beside what was there before it.
    uint64_t extra_of(const lazy_memory& memory) {
        const dumper engine("dumper", memory, nullptr, {&hart});
        dump_request request;
        request.file = directory / "vmcore";
        request.format = GetParam();
        request.threads = 4;
        const uint64_t before = status_of_memory("VmRSS");
        engine.write(request);
        const uint64_t extra = status_of_memory("VmHWM") - before;
        RecordProperty("extra_kib", std::to_string(extra >> 10));
        return extra;
    }

    temporary_directory directory;
    fake_cpu hart;
};

TEST_P(dump_memory_test, is_below_64_mib_whatever_the_guest_has) {
    if (!forget_peak())
        GTEST_SKIP() << "a peak cannot be forgotten here";
    lazy_memory full(384 * mib);
    full.touch(384 * mib, 1);
    EXPECT_LT(extra_of(full), 64 * mib) << "noise in every page";
}

TEST_P(dump_memory_test, is_below_64_mib_for_a_vast_guest_with_a_page_here_and_there) {
    if (!forget_peak())
        GTEST_SKIP() << "a peak cannot be forgotten here";
    lazy_memory vast(uint64_t{64} << 30);
    vast.touch(512 * mib, 2);
    vast.touch(uint64_t{64} << 30, 512);
    ASSERT_TRUE(forget_peak());
    EXPECT_LT(extra_of(vast), 64 * mib);
}

std::string name_of(const testing::TestParamInfo<std::string>& format) {
    std::string name = format.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(formats, dump_memory_test,
                         testing::Values("elf", "kdump-zlib", "kdump-raw-zlib", "kdump-lzo", "kdump-snappy",
                                         "kdump-zstd"),
                         name_of);

} // namespace
