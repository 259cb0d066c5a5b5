#include "models/riscv/isa_text.h"

#include <gtest/gtest.h>
#include <stdexcept>

namespace vmcore::test {
namespace {

using riscv::isa;
using riscv::parse_isa;
using riscv::virtual_memory;

std::string complaint(const std::string& text) {
    try {
        parse_isa(text);
        return "no complaint";
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

void expect_complaint(const std::string& text, const std::vector<std::string>& parts) {
    const std::string said = complaint(text);
    for (const std::string& part : parts)
        EXPECT_NE(said.find(part), std::string::npos) << text << ": " << said;
    EXPECT_EQ(said.find('\n'), std::string::npos) << said;
}

TEST(isa_text, rv64_has_everything) {
    const isa all = parse_isa("rv64");
    for (const bool each : {all.m, all.a, all.f, all.d, all.c, all.s, all.u, all.zicntr, all.zicbom,
                            all.zicboz, all.zba, all.zbb, all.zbs, all.sstc, all.svadu, all.pmp})
        EXPECT_TRUE(each);
    EXPECT_EQ(all.translation, virtual_memory::sv57);
    EXPECT_EQ(parse_isa("max").name(), all.name());
}

TEST(isa_text, rv64i_has_nothing_but_what_is_asked_for) {
    const isa some = parse_isa("rv64i,m=on,zbb=true");
    EXPECT_TRUE(some.m);
    EXPECT_TRUE(some.zbb);
    for (const bool each : {some.a, some.f, some.d, some.s, some.u, some.zicntr, some.zicbom, some.zicboz,
                            some.zba, some.zbs, some.sstc, some.svadu, some.pmp})
        EXPECT_FALSE(each);
    EXPECT_EQ(some.translation, virtual_memory::bare);
}

TEST(isa_text, the_last_word_for_an_extension_counts) {
    EXPECT_FALSE(parse_isa("rv64,zba=on,zba=off").zba);
    EXPECT_TRUE(parse_isa("rv64,zba=false,zba=on").zba);
}

TEST(isa_text, the_widest_translation_that_is_on_counts) {
    EXPECT_EQ(parse_isa("rv64,sv57=off").translation, virtual_memory::sv48);
    EXPECT_EQ(parse_isa("rv64,sv57=off,sv48=off").translation, virtual_memory::sv39);
    EXPECT_EQ(parse_isa("rv64,sv39=on").translation, virtual_memory::sv39);
    EXPECT_EQ(parse_isa("rv64,sv39=on,sv48=on").translation, virtual_memory::sv48);
    EXPECT_EQ(parse_isa("rv64,sv39=off,sv48=off,sv57=off").translation, virtual_memory::bare);
    EXPECT_EQ(parse_isa("rv64,mmu=off").translation, virtual_memory::bare);
    EXPECT_EQ(parse_isa("rv64i,s=on,u=on,mmu=on,sv48=on").translation, virtual_memory::sv48);
}

TEST(isa_text, without_s_mode_nothing_is_translated) {
    EXPECT_EQ(parse_isa("rv64,s=off").translation, virtual_memory::bare);
    EXPECT_EQ(parse_isa("rv64,s=off").mmu_type(), "riscv,none");
}

TEST(isa_text, misa_has_a_bit_for_each_letter) {
    EXPECT_EQ(parse_isa("rv64").misa(), 0x800000000014112du);
    EXPECT_EQ(parse_isa("rv64i").misa(), 0x8000000000000104u);
    EXPECT_EQ(parse_isa("rv64i,m=on,a=on,u=on").misa(), 0x8000000000101105u);
}

TEST(isa_text, names_are_in_canonical_order) {
    EXPECT_EQ(parse_isa("rv64i").name(), "rv64ic_zicsr_zifencei_zca");
    const std::string all = parse_isa("rv64").name();
    size_t last = 0;
    for (const char* part :
         {"rv64imafdc", "_zicbom", "_zicboz", "_zicntr", "_zicsr", "_zifencei", "_zmmul", "_zaamo", "_zalrsc",
          "_zca", "_zcd", "_zba", "_zbb", "_zbs", "_sstc", "_svadu"}) {
        const size_t at = all.find(part);
        ASSERT_NE(at, std::string::npos) << part << " in " << all;
        EXPECT_GE(at, last) << part;
        last = at;
    }
}

TEST(isa_text, extensions_are_the_parts_of_the_name) {
    const isa all = parse_isa("rv64");
    std::string joined = "rv64";
    for (const std::string& each : all.extensions())
        joined += (each.size() == 1 ? "" : "_") + each;
    EXPECT_EQ(joined, all.name());
}

TEST(isa_text, mistakes_are_named_with_what_was_expected) {
    expect_complaint("rv32", {"'rv32'", "rv64, rv64i or max"});
    expect_complaint("", {"rv64, rv64i or max"});
    expect_complaint("rv64,zba", {"'zba'", "NAME=on"});
    expect_complaint("rv64,zba=yes", {"'zba=yes'", "NAME=off"});
    expect_complaint("rv64,=on", {"''", "expected one of"});
    expect_complaint("rv64,,", {"''"});
    expect_complaint("rv64,zzz=on", {"'zzz'", "mmu", "zicbom"});
    expect_complaint("rv64,h=on", {"'h=on'", "no hart here"});
    expect_complaint("rv64,zicsr=off", {"'zicsr=off'", "every hart here"});
    expect_complaint("rv64,c=off", {"'c=off'"});
    expect_complaint("rv64,f=off", {"'d=on'", "f=on"});
    expect_complaint("rv64,u=off", {"'s=on'", "u=on"});
}

TEST(isa_text, what_no_hart_has_may_be_turned_off_and_what_all_have_on) {
    EXPECT_EQ(parse_isa("rv64,h=off,v=off,zicsr=on,i=on").name(), parse_isa("rv64").name());
}

} // namespace
} // namespace vmcore::test
