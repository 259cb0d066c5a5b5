#include "sim/settings.h"

#include "sim/key_values.h"
#include "tests/platform/temporary_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace vmcore::sim;
using sc_core::sc_time;

struct settings_test : testing::Test {
    bool dmi = true;
    sc_time quantum{10, sc_core::SC_US};
    unsigned burst = 64;
    settings all;

    settings_test() {
        all.add("cpu.dmi", "direct", dmi);
        all.add("cpu.quantum", "ahead", quantum);
        all.add("fw_cfg.dma_burst", "bytes", burst, 8, 4096);
    }

    void load(const std::string& json) {
        const vmcore::test::temporary_file file({json.begin(), json.end()});
        all.load(file.path());
    }
};

TEST_F(settings_test, an_assignment_changes_the_field) {
    all.set_assignment("cpu.dmi=off");
    all.set_assignment("cpu.quantum=2.5 us");
    all.set_assignment("fw_cfg.dma_burst=8");
    EXPECT_FALSE(dmi);
    EXPECT_EQ(quantum, sc_time(2500, sc_core::SC_NS));
    EXPECT_EQ(burst, 8u);
}

TEST_F(settings_test, a_file_spells_paths_by_nesting) {
    load(R"({"cpu": {"dmi": false, "quantum": "1ns"}, "fw_cfg.dma_burst": 16})");
    EXPECT_FALSE(dmi);
    EXPECT_EQ(quantum, sc_time(1, sc_core::SC_NS));
    EXPECT_EQ(burst, 16u);
}

TEST_F(settings_test, a_number_may_be_as_wide_as_64_bits_and_have_its_own_notation) {
    uint64_t seed = 0;
    uint64_t letter = 'a';
    all.add("x.seed", "of it", seed);
    all.add(
        "x.letter", "of it", letter,
        [](const std::string&, const std::string& text) { return uint64_t(text.at(0)); },
        [](uint64_t value) { return std::string(1, static_cast<char>(value)); });
    all.set_assignment("x.seed=0xffffffffffffffff");
    all.set_assignment("x.letter=z");
    EXPECT_EQ(seed, ~uint64_t(0));
    EXPECT_EQ(letter, uint64_t('z'));
    EXPECT_THAT(all.list(), testing::HasSubstr("x.seed=18446744073709551615"));
    EXPECT_THAT(all.list(), testing::HasSubstr("x.letter=z "));
    EXPECT_THROW(all.set_assignment("x.seed=0x10000000000000000"), usage_error);
}

TEST_F(settings_test, wrong_values_are_refused_and_change_nothing) {
    for (const char* wrong :
         {"cpu.dmi=maybe", "cpu.quantum=10", "cpu.quantum=-1ns", "cpu.quantum=1 h", "cpu.quantum=1e99s",
          "fw_cfg.dma_burst=7", "fw_cfg.dma_burst=5000", "nothing=1", "cpu.dmi"})
        EXPECT_THROW(all.set_assignment(wrong), usage_error) << wrong;
    for (const char* wrong : {"[]", "{", "{\"cpu\": {\"dmi\": [1]}}", "{\"x\": 1}", ""})
        EXPECT_THROW(load(wrong), usage_error) << wrong;
    EXPECT_TRUE(dmi);
    EXPECT_EQ(quantum, sc_time(10, sc_core::SC_US));
    EXPECT_EQ(burst, 64u);
}

TEST_F(settings_test, a_switch_is_on_or_off) {
    bool field = true;
    all.add("x.switch", "of it", field);
    EXPECT_THAT(all.list(), testing::HasSubstr("x.switch=on "));
    all.set_assignment("x.switch=off");
    EXPECT_FALSE(field);
    load(R"({"x": {"switch": true}})");
    EXPECT_TRUE(field);
    for (const std::string wrong : {"true", "false", "yes", "no", "1", "ON", ""})
        EXPECT_THAT(
            [&] { all.set_assignment("x.switch=" + wrong); },
            testing::ThrowsMessage<usage_error>("--set x.switch: '" + wrong + "', expected on or off"));
}

TEST_F(settings_test, a_choice_is_one_of_its_words) {
    enum class colour { red, green } field = colour::red;
    all.add("x.colour", "of it", field, {{"red", colour::red}, {"green", colour::green}});
    EXPECT_THAT(all.list(), testing::HasSubstr("x.colour=red "));
    all.set_assignment("x.colour=green");
    EXPECT_EQ(field, colour::green);
    EXPECT_THAT([&] { all.set_assignment("x.colour=blue"); },
                testing::ThrowsMessage<usage_error>("--set x.colour: 'blue', expected red or green"));
    EXPECT_EQ(field, colour::green);
}

TEST_F(settings_test, a_group_that_does_not_exist_is_refused_also_when_it_is_empty) {
    for (const char* wrong : {R"({"cpus": {}})", R"({"cpu": {"dmi": {}}})", R"({"cpu": {"x": {"y": {}}}})"})
        EXPECT_THROW(load(wrong), usage_error) << wrong;
}

TEST_F(settings_test, a_nul_in_a_number_is_refused) {
    try {
        load(R"({"fw_cfg": {"dma_burst": "16\u0000x"}})");
        ADD_FAILURE() << "accepted";
    } catch (const usage_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("'16\\x00x' is not a number"));
    }
    EXPECT_EQ(burst, 64u);
}

TEST_F(settings_test, the_list_shows_values_as_set_takes_them) {
    EXPECT_THAT(all.list(), testing::HasSubstr("cpu.quantum=10 us"));
    all.set_assignment("cpu.quantum=1 ms");
    EXPECT_THAT(all.list(), testing::HasSubstr("cpu.quantum=1 ms"));
}
