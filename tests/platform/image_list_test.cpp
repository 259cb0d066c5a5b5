#include "platform/image_list.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

struct image_list_test : testing::Test {
    std::vector<uint8_t> ram = std::vector<uint8_t>(16, 0xee);
    std::vector<uint8_t> rom = std::vector<uint8_t>(8, 0xee);
    vmcore::image_list images{{{"RAM", 0x1000, 16, ram.data()}, {"ROM", 0x20, 8, rom.data()}}};

    std::string refusal(vmcore::image added) {
        try {
            images.add(std::move(added));
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "accepted";
    }
};

TEST_F(image_list_test, images_are_written_where_they_belong_and_nowhere_else) {
    images.add({"a", 0x1002, {1, 2}});
    images.add({"b", 0x20, {3}});
    images.write_all();
    EXPECT_EQ(ram[1], 0xee);
    EXPECT_EQ(ram[2], 1);
    EXPECT_EQ(ram[3], 2);
    EXPECT_EQ(ram[4], 0xee);
    EXPECT_EQ(rom[0], 3);
}

TEST_F(image_list_test, writing_again_restores_the_images) {
    images.add({"a", 0x1000, {1}});
    images.write_all();
    ram[0] = 9;
    ram[1] = 9;
    images.write_all();
    EXPECT_EQ(ram[0], 1);
    EXPECT_EQ(ram[1], 9);
}

TEST_F(image_list_test, an_image_may_fill_its_target) {
    EXPECT_EQ(refusal({"a", 0x1000, std::vector<uint8_t>(16)}), "accepted");
}

TEST_F(image_list_test, an_image_outside_names_the_ranges_that_exist) {
    EXPECT_EQ(refusal({"a", 0x100f, {1, 2}}),
              "a: 0x100f..0x1010 lies outside RAM (0x1000..0x100f) and ROM (0x20..0x27)");
    EXPECT_THAT(refusal({"a", ~uint64_t(0), {1, 2}}), testing::HasSubstr("lies outside"));
    EXPECT_THAT(refusal({"a", 0xfff, {1, 2}}), testing::HasSubstr("lies outside"));
}

TEST_F(image_list_test, what_is_dispensable_may_lie_before_memory) {
    EXPECT_EQ(refusal({"a", 0xffd, {9, 9, 9, 1, 2}, 2}),
              "a: 0xffd..0x1001 lies outside RAM (0x1000..0x100f) and ROM (0x20..0x27)");
    images.add({"b", 0xffd, {9, 9, 9, 9, 2}, 4});
    images.write_all();
    EXPECT_EQ(ram[0], 9) << "what is within memory is there, dispensable or not";
    EXPECT_EQ(ram[1], 2);
    EXPECT_EQ(ram[2], 0xee);
    EXPECT_EQ(refusal({"c", 0xff0, std::vector<uint8_t>(16, 1), 16}), "accepted") << "nothing is left of it";
    EXPECT_EQ(refusal({"c", 0x500, std::vector<uint8_t>(16, 1), 16}), "accepted") << "nor of one far away";
    EXPECT_EQ(refusal({"c", 0x5000, std::vector<uint8_t>(16, 1), 16}), "accepted") << "nor behind all memory";
    EXPECT_THAT(refusal({"d", 0xfff, std::vector<uint8_t>(18, 1), 1}), testing::HasSubstr("lies outside"));
}

TEST_F(image_list_test, images_that_overlap_are_refused) {
    images.add({"a", 0x1004, {1, 2}});
    EXPECT_EQ(refusal({"b", 0x1005, {1, 2}}), "b: 0x1005..0x1006 overlaps a at 0x1004..0x1005");
    EXPECT_EQ(refusal({"b", 0x1006, {1, 2}}), "accepted");
    EXPECT_EQ(refusal({"b", 0x1002, {1, 2}}), "accepted");
}

/// RAM that the host is told to give in large pages, from a border between two of them on.
class huge_ram {
public:
    static constexpr size_t huge_page = 2 << 20;
    static constexpr size_t size = 4 * huge_page;

    huge_ram() {
        const auto start = reinterpret_cast<uintptr_t>(m_mapped);
        m_bytes = reinterpret_cast<uint8_t*>((start + huge_page - 1) / huge_page * huge_page);
        madvise(m_bytes, size, MADV_HUGEPAGE);
    }
    ~huge_ram() { munmap(m_mapped, size + huge_page); }
    huge_ram(const huge_ram&) = delete;
    huge_ram& operator=(const huge_ram&) = delete;

    uint8_t* bytes() const { return m_bytes; }
    size_t resident() const {
        const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        std::vector<unsigned char> pages(size / page);
        EXPECT_EQ(mincore(m_bytes, size, pages.data()), 0);
        return page * static_cast<size_t>(std::count(pages.begin(), pages.end(), 1));
    }

private:
    void* m_mapped =
        mmap(nullptr, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t* m_bytes;
};

TEST(image_list_in_large_pages, an_image_takes_no_more_room_than_small_pages_would) {
    const huge_ram ram;
    vmcore::image_list images{{{"RAM", 0x1000, ram.size, ram.bytes()}}};
    images.add({"small", 0x1000 + 100, std::vector<uint8_t>(5000, 1)});
    images.write_all();
    EXPECT_EQ(ram.resident(), 8192u);
    const size_t from = ram.huge_page + 4096, length = 2 * ram.huge_page; // one large page, and parts of two
    images.add({"large", 0x1000 + from, std::vector<uint8_t>(length, 2)});
    images.write_all();
    EXPECT_EQ(ram.resident(), 8192u + length);
    EXPECT_EQ(ram.bytes()[from], 2);
    EXPECT_EQ(ram.bytes()[from + length - 1], 2);
    EXPECT_EQ(ram.bytes()[from + length], 0);
}
