#include "sim/io/endpoint.h"

#include <gtest/gtest.h>

using namespace vmcore::sim;

TEST(endpoint, a_client_names_only_its_path) {
    const endpoint where = parse_endpoint("-qmp", "unix:/tmp/a=b,,c");
    EXPECT_EQ(where.path, "/tmp/a=b,c");
    EXPECT_FALSE(where.server);
    EXPECT_EQ(where.name(), "-qmp unix:/tmp/a=b,c");
}

TEST(endpoint, a_server_waits_for_its_client_unless_told_otherwise) {
    EXPECT_TRUE(parse_endpoint("-qmp", "unix:p,server=on").wait);
    EXPECT_FALSE(parse_endpoint("-qmp", "unix:p,server=on,wait=off").wait);
    EXPECT_FALSE(parse_endpoint("-qmp", "unix:p,server,nowait").wait) << "as QEMU spelled it once";
}

TEST(endpoint, what_makes_no_sense_is_refused) {
    for (const char* text : {"", "unix:", "tcp::1", "stdio,server=on", "unix:p,wait=off",
                             "unix:p,server=maybe", "unix:p,colour=red", "unix:p,server=on,server=on"})
        EXPECT_THROW(parse_endpoint("-qmp", text), usage_error) << text;
    EXPECT_THROW(parse_endpoint("-qmp", "unix:" + std::string(108, 'x')), usage_error);
}

TEST(endpoint, a_debugger_is_served_at_this_host_only_unless_an_address_is_named) {
    const endpoint where = parse_debug_endpoint("-gdb", "tcp::1234");
    EXPECT_EQ(where.address, "127.0.0.1");
    EXPECT_EQ(where.port, 1234);
    EXPECT_TRUE(where.server && !where.wait);
    EXPECT_EQ(parse_debug_endpoint("-gdb", "tcp:localhost:1").address, "127.0.0.1");
    EXPECT_EQ(parse_debug_endpoint("-gdb", "tcp:10.0.0.1:1").address, "10.0.0.1");
    EXPECT_TRUE(parse_debug_endpoint("-gdb", "tcp::1,wait=on").wait);
}

TEST(endpoint, a_debugger_connects_to_a_path) {
    const endpoint where = parse_debug_endpoint("-gdb", "unix:/tmp/a=b,,c");
    EXPECT_EQ(where.path, "/tmp/a=b,c");
    EXPECT_TRUE(where.server && !where.wait);
    EXPECT_TRUE(parse_debug_endpoint("-gdb", "unix:p,server=on").wait);
    EXPECT_FALSE(parse_debug_endpoint("-gdb", "unix:p,server=off").server);
    EXPECT_TRUE(parse_debug_endpoint("-gdb", "stdio").stdio);
}
