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
