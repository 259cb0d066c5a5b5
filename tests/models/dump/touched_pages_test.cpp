// Which pages of memory somebody has touched, asked without touching them.

#include "models/dump/touched_pages.h"

#include <fcntl.h>
#include <fstream>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace vmcore;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

namespace vmcore {

static bool operator==(const memory_part& a, const memory_part& b) {
    return a.offset == b.offset && a.size == b.size;
}
static void PrintTo(const memory_part& part, std::ostream* out) {
    *out << "[" << part.offset << ", +" << part.size << ")";
}

} // namespace vmcore

namespace {

const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));

class mapping {
public:
    explicit mapping(uint64_t size, int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, int file = -1)
        : m_size(size)
        , m_bytes(static_cast<uint8_t*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, file, 0))) {
        if (m_bytes == MAP_FAILED)
            throw std::runtime_error("no memory to map");
        ::madvise(m_bytes, size, MADV_NOHUGEPAGE);
    }
    ~mapping() { ::munmap(m_bytes, m_size); }
    mapping(const mapping&) = delete;
    mapping& operator=(const mapping&) = delete;
    uint8_t* bytes() const { return m_bytes; }
    uint64_t size() const { return m_size; }
    std::vector<memory_part> touched() const { return touched_parts(m_bytes, m_size); }

private:
    uint64_t m_size;
    uint8_t* m_bytes;
};

uint64_t resident_bytes() {
    uint64_t total = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * page;
}

TEST(touched_pages, names_the_pages_that_were_written_and_no_others) {
    const mapping memory(100 * page);
    EXPECT_THAT(memory.touched(), IsEmpty());
    for (uint64_t at : {3, 4, 5, 50, 99})
        memory.bytes()[at * page + 7] = 1;
    EXPECT_THAT(memory.touched(), ElementsAre(memory_part{3 * page, 3 * page}, memory_part{50 * page, page},
                                              memory_part{99 * page, page}));
}

TEST(touched_pages, cuts_at_a_block_that_begins_and_ends_within_pages) {
    const mapping memory(10 * page);
    for (uint64_t at : {2, 5, 8})
        memory.bytes()[at * page] = 1;
    EXPECT_THAT(touched_parts(memory.bytes() + 2 * page + 100, 6 * page),
                ElementsAre(memory_part{0, page - 100}, memory_part{3 * page - 100, page},
                            memory_part{6 * page - 100, 100}));
    EXPECT_THAT(touched_parts(memory.bytes() + 3 * page + 1, page - 2), IsEmpty());
    EXPECT_THAT(touched_parts(memory.bytes() + 2 * page + 1, 1), ElementsAre(memory_part{0, 1}));
    EXPECT_THAT(touched_parts(memory.bytes(), 0), IsEmpty());
}

TEST(touched_pages, more_pages_than_one_read_takes_are_all_there) {
    const mapping memory(40000 * page);
    for (uint64_t at : {8191, 8192, 16384, 39999})
        memory.bytes()[at * page] = 1;
    EXPECT_THAT(memory.touched(),
                ElementsAre(memory_part{8191 * page, 2 * page}, memory_part{16384 * page, page},
                            memory_part{39999 * page, page}));
}

TEST(touched_pages, memory_that_is_not_anonymous_counts_as_touched) {
    const int file = ::memfd_create("contents", MFD_CLOEXEC);
    ASSERT_EQ(::pwrite(file, "here", 4, 0), 4);
    ASSERT_EQ(::ftruncate(file, static_cast<off_t>(4 * page)), 0);
    for (int flags : {MAP_PRIVATE, MAP_SHARED}) {
        const mapping memory(4 * page, flags, file);
        EXPECT_THAT(memory.touched(), ElementsAre(memory_part{0, 4 * page})) << flags;
    }
    const mapping shared(4 * page, MAP_SHARED | MAP_ANONYMOUS);
    EXPECT_THAT(shared.touched(), ElementsAre(memory_part{0, 4 * page}));

    const mapping mixed(12 * page); // a file in the middle of anonymous memory
    ASSERT_NE(::mmap(mixed.bytes() + 4 * page, 4 * page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0),
              MAP_FAILED);
    mixed.bytes()[page] = 1;
    EXPECT_THAT(mixed.touched(), ElementsAre(memory_part{page, page}, memory_part{4 * page, 4 * page}));
    ::close(file);
}

TEST(touched_pages, a_constant_of_the_program_counts_as_touched) {
    static const uint8_t constant[1 << 16] = {1};
    EXPECT_THAT(touched_parts(constant, sizeof constant), ElementsAre(memory_part{0, sizeof constant}));
}

TEST(touched_pages, a_forked_child_sees_its_parents_pages_and_its_own) {
    const mapping memory(100 * page);
    memory.bytes()[10 * page] = 1;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        memory.bytes()[20 * page] = 1;
        const auto parts = memory.touched();
        ::_exit(parts.size() == 2 && parts[0].offset == 10 * page && parts[1].offset == 20 * page ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_THAT(memory.touched(), SizeIs(1)) << "the child's page is its own";
}

#ifndef __SANITIZE_ADDRESS__ // which opens files of its own for its checks of types
TEST(touched_pages, everything_is_touched_when_no_descriptor_is_left_to_ask_with) {
    const mapping memory(100 * page);
    const pid_t child = ::fork(); // which may spoil its limit
    ASSERT_GE(child, 0);
    if (child == 0) {
        while (::open("/dev/null", O_RDONLY) >= 0) {
        }
        const auto parts = memory.touched();
        ::_exit(parts.size() == 1 && parts[0].size == memory.size() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}
#endif

TEST(touched_pages, every_second_page_gives_a_short_list_that_leaves_nothing_out) {
    const mapping memory(300000 * page);
    for (uint64_t at = 0; at < 300000; at += 2)
        memory.bytes()[at * page] = 1;
    const auto parts = memory.touched();
    EXPECT_LT(parts.size(), 70000u);
    uint64_t at = 0; // page
    for (const memory_part& part : parts) {
        EXPECT_LE(part.offset, at * page);
        while (at * page < part.offset + part.size)
            at += 2;
    }
    EXPECT_EQ(at, 300000u);
}

TEST(touched_pages, asking_for_64_gib_makes_nothing_resident) {
    const mapping memory(64ull << 30);
    memory.bytes()[40ull << 30] = 1;
    const uint64_t before = resident_bytes();
    EXPECT_THAT(memory.touched(), ElementsAre(memory_part{40ull << 30, page}));
    EXPECT_LT(resident_bytes(), before + (1 << 20));
}

} // namespace
