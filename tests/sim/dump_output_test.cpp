#include "sim/dump_output.h"

#include "sim/key_values.h"

#include <gtest/gtest.h>

namespace vmcore::test {
namespace {

using sim::descriptor_named;

TEST(dump_output, names_of_descriptors) {
    for (const char* name : {"-", "fd:1", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})
        EXPECT_EQ(descriptor_named("--dump", name), 1) << name;
    EXPECT_EQ(descriptor_named("--dump", "/dev/stderr"), 2);
    EXPECT_EQ(descriptor_named("--dump", "fd:123456789"), 123456789);
}

TEST(dump_output, names_of_files) {
    for (const char* name :
         {"core", "./fd:1", "/dev/fd/", "/dev/fd/x", "/dev/fd/1/2", "/dev/null", "fd", "--"})
        EXPECT_EQ(descriptor_named("--dump", name), std::nullopt) << name;
}

TEST(dump_output, a_descriptor_without_a_number_is_refused) {
    for (const char* name : {"fd:", "fd:-1", "fd:x", "fd:1x", "fd:1234567890"})
        EXPECT_THROW(descriptor_named("--dump", name), sim::usage_error) << name;
}

TEST(dump_output, raw_kdump_files_need_seeking) {
    EXPECT_TRUE(sim::needs_seeking("kdump-raw-zlib"));
    EXPECT_FALSE(sim::needs_seeking("kdump-zlib"));
    EXPECT_FALSE(sim::needs_seeking("elf"));
}

} // namespace
} // namespace vmcore::test
