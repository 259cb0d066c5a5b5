#include "lint/flattened.h"
#include "tests/lint/dump_bytes.h"

#include <gmock/gmock.h>

using namespace vmcore::lint;
using namespace vmcore::lint::testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using vmcore::byte_order;

namespace {

/// A flattened file of the records given, with an end.
class records {
public:
    records() {
        m_bytes.put(0, std::string("makedumpfile"));
        m_bytes.put(16, 1, 8);
        m_bytes.put(24, 1, 8);
        m_bytes.grow_to(4096);
    }
    records& add(uint64_t offset, const std::string& data) {
        head(offset, data.size());
        m_bytes.put(m_bytes.size(), data);
        return *this;
    }
    records& head(uint64_t offset, uint64_t size) {
        m_bytes.put(m_bytes.size(), offset, 8);
        m_bytes.put(m_bytes.size(), size, 8);
        return *this;
    }
    records& end() { return head(~uint64_t{0}, ~uint64_t{0}); }
    memory_source file() const { return memory_source(m_bytes.bytes()); }

private:
    dump_bytes m_bytes{byte_order::big};
};

std::string contents(const byte_source& source) {
    std::string all(static_cast<size_t>(source.size()), '?');
    EXPECT_EQ(source.read(0, all.data(), all.size()), all.size());
    return all;
}

} // namespace

TEST(lint_flattened, records_are_put_in_their_places_with_zeros_between) {
    const memory_source file = records().add(6, "gh").add(0, "abc").end().file();
    const flattened_source source(file);
    EXPECT_EQ(contents(source), std::string("abc\0\0\0gh", 8));
    EXPECT_TRUE(source.complete());
    EXPECT_EQ(source.records(), 2u);
}

TEST(lint_flattened, a_later_record_overwrites_an_earlier_one_in_part_or_whole) {
    const memory_source file =
        records().add(0, "aaaaaaaa").add(2, "bbb").add(4, "cc").add(7, "dd").add(2, "e").end().file();
    EXPECT_EQ(contents(flattened_source(file)), "aaebccadd");
}

TEST(lint_flattened, any_part_can_be_read) {
    const memory_source file = records().add(4, "efgh").add(0, "abcd").end().file();
    const flattened_source source(file);
    char part[4];
    ASSERT_TRUE(source.read_all(2, part, 4));
    EXPECT_EQ(std::string(part, 4), "cdef");
    EXPECT_EQ(source.read(6, part, 4), 2u);
    EXPECT_EQ(source.read(8, part, 4), 0u);
}

TEST(lint_flattened, a_file_cut_within_a_record_is_not_complete) {
    const memory_source file = records().add(0, "abcd").head(4, 100).file();
    const flattened_source source(file);
    EXPECT_FALSE(source.complete());
    EXPECT_EQ(contents(source).substr(0, 4), "abcd");
}

TEST(lint_flattened, records_in_impossible_places_are_refused) {
    const std::pair<uint64_t, uint64_t> places[] = {
        {0, 0}, {uint64_t{1} << 63, 1}, {(uint64_t{1} << 63) - 1, 2}, {~uint64_t{0}, 1}, {1, ~uint64_t{0}}};
    for (const auto& [offset, size] : places) {
        const memory_source file = records().head(offset, size).file();
        EXPECT_THROW(flattened_source{file}, not_a_dump) << offset << ' ' << size;
    }
}

TEST(lint_flattened, another_version_is_refused) {
    dump_bytes bytes(byte_order::big);
    bytes.put(0, std::string("makedumpfile"));
    bytes.put(16, 1, 8);
    bytes.put(24, 2, 8);
    bytes.grow_to(4096);
    EXPECT_THROW(judge_bytes(bytes.bytes()), not_a_dump);
}

TEST(lint_flattened, a_flattened_dump_is_judged_as_what_it_holds) {
    const lint_report report = judge_bytes(flatten(kdump_recipe().make(), 1000));
    EXPECT_THAT(report.summary, HasSubstr("kdump file, flattened, 64-bit little-endian riscv64, 3 pages"));
    EXPECT_EQ(unhappy(report), "drgn no, makedumpfile no, libkdumpfile no");
    EXPECT_EQ(verdict_of(judge_bytes(flatten(core_recipe().make(), 4096)), reader::gdb), verdict::no);
}

TEST(lint_flattened, a_dump_without_the_end_record_was_cut_off) {
    std::vector<uint8_t> bytes = flatten(core_recipe().make(), 4096);
    bytes.resize(bytes.size() - 16);
    EXPECT_THAT(finding_ids(judge_bytes(bytes)), Contains("flattened-cut"));
}
