#include "models/fw_cfg/item_table.h"

#include "models/fw_cfg/cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vmcore::test {
namespace {

using bytes = std::vector<uint8_t>;
using testing::HasSubstr;

std::vector<std::string> names(const item_table& items) {
    std::vector<std::string> all;
    for (const item_table::file& file : items.files())
        all.push_back(file.name);
    return all;
}

template <typename ERROR, typename ACTION>
std::string message(ACTION action) {
    try {
        action();
    } catch (const ERROR& caught) {
        return caught.what();
    }
    return "no such exception";
}

bytes directory(const item_table& items) {
    const item* blob = items.find(fw_cfg_key::file_directory);
    return {blob->data(), blob->data() + blob->size()};
}

TEST(item_table, files_are_sorted_as_strcmp_does) {
    item_table items;
    for (const char* name : {"b", "etc/x", "B", "\xc3\xa4", "ab", "a", "a/b", "Z"})
        items.add_file(name, {});
    EXPECT_EQ(names(items), (std::vector<std::string>{"B", "Z", "a", "a/b", "ab", "b", "etc/x", "\xc3\xa4"}));
}

TEST(item_table, adding_a_file_renumbers_those_behind_it_and_items_stay_where_they_are) {
    item_table items;
    item& second = items.add_file("second", {2});
    EXPECT_EQ(items.find(0x20), &second);
    item& first = items.add_file("first", {1});
    item& third = items.add_file("third", {3});
    EXPECT_EQ(items.find(0x20), &first);
    EXPECT_EQ(items.find(0x21), &second);
    EXPECT_EQ(items.find(0x22), &third);
    EXPECT_EQ(items.find(0x23), nullptr);
    EXPECT_EQ(items.find_file("second"), &second);
    EXPECT_EQ(items.find_file("fourth"), nullptr);
    EXPECT_EQ(second.data()[0], 2);
}

TEST(item_table, directory_has_room_for_all_slots_from_the_start) {
    EXPECT_EQ(directory(item_table()), bytes(4 + 64 * 0x20));
    EXPECT_EQ(directory(item_table(0x10)), bytes(4 + 64 * 0x10));
    EXPECT_EQ(directory(item_table(0x3fe0)), bytes(4 + 64 * 0x3fe0));
}

TEST(item_table, directory_lists_size_key_and_name_big_endian) {
    item_table items;
    items.add_file("opt/zz", bytes(0x01020304));
    items.add_file("opt/aa", {});
    bytes expected(4 + 64 * 0x20);
    const auto record = [&](size_t index, const bytes& head, const std::string& name) {
        std::copy(head.begin(), head.end(), expected.begin() + 4 + 64 * index);
        std::copy(name.begin(), name.end(), expected.begin() + 4 + 64 * index + 8);
    };
    expected[3] = 2;
    record(0, {0, 0, 0, 0, 0, 0x20, 0, 0}, "opt/aa");
    record(1, {1, 2, 3, 4, 0, 0x21, 0, 0}, "opt/zz");
    EXPECT_EQ(directory(items), expected);
}

TEST(item_table, a_name_of_55_characters_is_accepted_and_ends_in_nul) {
    item_table items;
    items.add_file(std::string(55, 'n'), {});
    const bytes listed = directory(items);
    EXPECT_EQ(std::string(listed.begin() + 12, listed.begin() + 68), std::string(55, 'n') + '\0');
}

TEST(item_table, a_name_of_56_characters_is_refused) {
    item_table items;
    const std::string name(56, 'n');
    EXPECT_THAT(message<bad_file_name>([&] { items.add_file(name, {}); }),
                HasSubstr("name too long (max. 55 char), it has 56"));
    EXPECT_TRUE(items.files().empty());
}

TEST(item_table, an_empty_name_and_one_with_a_nul_are_refused) {
    item_table items;
    EXPECT_THROW(items.add_file("", {}), bad_file_name);
    EXPECT_THROW(items.add_file(std::string("a\0b", 3), {}), bad_file_name);
}

TEST(item_table, a_duplicate_name_is_refused_and_named) {
    item_table items;
    items.add_file("opt/a", {1});
    EXPECT_EQ(message<duplicate_file>([&] { items.add_file("opt/a", {2}); }),
              "duplicate fw_cfg file name: opt/a");
    try {
        items.add_writable_file("opt/a", {}, {});
        FAIL() << "accepted";
    } catch (const item_error& caught) {
        EXPECT_EQ(caught.file(), "opt/a");
    }
    EXPECT_EQ(items.find(0x20)->data()[0], 1);
}

TEST(item_table, more_files_than_slots_are_refused_and_named) {
    item_table items(0x10);
    for (int i = 0; i < 0x10; ++i)
        items.add_file("file" + std::to_string(i), {});
    EXPECT_THAT(message<too_many_files>([&] { items.add_file("straw", {}); }),
                testing::AllOf(HasSubstr("straw"), HasSubstr("16")));
    EXPECT_EQ(items.files().size(), 0x10u);
}

TEST(item_table, the_largest_number_of_slots_reaches_the_last_index_but_not_the_invalid_key) {
    item_table items(0x3fe0);
    items.add_file("opt/a", {});
    EXPECT_EQ(items.find(0x20)->size(), 0u);
    EXPECT_NE(items.slot(0x3fff), nullptr);
    EXPECT_NE(items.slot(0x7fff), nullptr);
    EXPECT_NE(items.slot(0xbfff), nullptr);
    EXPECT_EQ(items.slot(0xffff), nullptr) << "invalid wins, though its index is in range";
}

TEST(item_table, file_slots_out_of_range_are_refused) {
    EXPECT_THAT(message<std::runtime_error>([] { item_table(0x0f); }),
                HasSubstr("\"file_slots\" must be at least 0x10"));
    EXPECT_THROW(item_table(8), std::runtime_error);
    EXPECT_THROW(item_table(0x3fe1), std::runtime_error);
    EXPECT_NO_THROW(item_table(0x10));
}

TEST(item_table, contents_of_4_gib_or_more_are_refused) {
    EXPECT_THAT(message<file_too_large>([] { throw file_too_large("opt/big", uint64_t(1) << 32); }),
                testing::AllOf(HasSubstr("opt/big"), HasSubstr("4294967296")));
}

TEST(item_table, files_cannot_be_added_once_keys_are_final_but_modified) {
    item_table items;
    items.add_file("opt/a", {1});
    items.finish();
    EXPECT_THROW(items.add_file("opt/b", {}), keys_are_final);
    EXPECT_THROW(items.modify_file("opt/b", {}), keys_are_final);
    EXPECT_EQ(items.modify_file("opt/a", {7, 8}).size(), 2u);
}

TEST(item_table, modifying_keeps_the_key_and_the_handlers_and_makes_read_only) {
    item_table items;
    int selections = 0;
    items.add_file("opt/a", {});
    item& b = items.add_writable_file("opt/b", {1}, {});
    b.on_select([&] { ++selections; });
    const item::bytes held = b.share();
    EXPECT_TRUE(b.writable());
    EXPECT_EQ(&items.modify_file("opt/b", {5, 6, 7}), &b);
    EXPECT_EQ(items.find(0x21), &b);
    EXPECT_FALSE(b.writable());
    EXPECT_EQ(b.size(), 3u);
    EXPECT_EQ(held[0], 1) << "bytes in use live on";
    EXPECT_EQ(directory(items)[4 + 64 + 3], 3);
    item_cursor(items).select(0x21);
    EXPECT_EQ(selections, 1);
    items.modify_file("opt/c", {1}); // adds
    EXPECT_EQ(items.find(0x22)->size(), 1u);
}

TEST(item_table, fixed_keys_are_set_and_replaced) {
    item_table items;
    item& cpus = items.set_number(fw_cfg_key::nb_cpus, 0x0201, 2);
    EXPECT_EQ(bytes(cpus.data(), cpus.data() + cpus.size()), (bytes{1, 2}));
    EXPECT_EQ(&items.set_number(fw_cfg_key::nb_cpus, 3, 2), &cpus);
    EXPECT_EQ(cpus.data()[0], 3);
    item& tables = items.set(fw_cfg_key::arch_local | 5, {9});
    EXPECT_EQ(items.find(fw_cfg_key::arch_local | 5), &tables);
    EXPECT_NE(&tables, &cpus);
}

TEST(item_table, keys_of_files_and_keys_out_of_range_cannot_be_set) {
    item_table items;
    for (uint16_t key : {0x19, 0x20, 0x3f, 0x40, 0x3fff, 0x4019, 0xffff, 0x8040})
        EXPECT_THROW(items.set(key, {}), std::runtime_error) << key;
    EXPECT_NO_THROW(items.set(0x803f, {}));
}

TEST(item_table, every_one_of_the_65536_keys_is_safe_to_select_and_read) {
    item_table items;
    items.set(0, {1, 2});
    items.set(0x8003, {3});
    items.add_file("f", {4, 5, 6});
    item_cursor cursor(items);
    for (unsigned key = 0; key < 0x10000; ++key) {
        cursor.select(static_cast<uint16_t>(key));
        const unsigned index = key & 0x3fff;
        const bool in_range = index < 0x40;
        ASSERT_EQ(cursor.key(), in_range ? key : 0xffff);
        ASSERT_EQ(cursor.offset(), 0u);
        const bool arch = key & 0x8000;
        const unsigned size = arch ? (index == 3 ? 1 : 0)
                                   : (index == 0      ? 2
                                      : index == 0x19 ? 4 + 64 * 0x20
                                      : index == 0x20 ? 3
                                                      : 0);
        ASSERT_EQ(cursor.left(), size) << key;
        cursor.read(8);
        ASSERT_EQ(cursor.offset(), std::min(size, 8u));
    }
}

TEST(item_cursor, reads_put_the_first_byte_highest_and_zeros_behind_the_end) {
    item_table items;
    items.add_file("f", {1, 2, 3, 4, 5});
    item_cursor cursor(items);
    cursor.select(0x20);
    EXPECT_EQ(cursor.peek(2), 0x0102u);
    EXPECT_EQ(cursor.read(4), 0x01020304u);
    EXPECT_EQ(cursor.peek(8), 0x0500000000000000u);
    EXPECT_EQ(cursor.read(8), 0x0500000000000000u);
    EXPECT_EQ(cursor.offset(), 5u);
    EXPECT_EQ(cursor.read(1), 0u);
    EXPECT_EQ(cursor.offset(), 5u);
}

TEST(item_cursor, offset_beyond_an_item_that_shrank_reads_zero) {
    item_table items;
    items.add_file("f", bytes(100, 1));
    item_cursor cursor(items);
    cursor.select(0x20);
    cursor.advance(60);
    items.modify_file("f", {1, 2});
    EXPECT_EQ(cursor.left(), 0u);
    EXPECT_EQ(cursor.read(1), 0u);
    EXPECT_EQ(cursor.read(8), 0u);
    EXPECT_EQ(cursor.offset(), 60u);
}

TEST(item_cursor, a_select_handler_may_replace_the_bytes_it_was_asked_for) {
    item_table items;
    items.add_file("f", {1}).on_select([&] { items.modify_file("f", {7, 8}); });
    item_cursor cursor(items);
    cursor.select(0x20);
    EXPECT_EQ(cursor.read(2), 0x0708u);
}

} // namespace
} // namespace vmcore::test
