#include "sim/io/io_thread.h"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <sys/resource.h>

namespace vmcore::sim {
namespace {

using ::testing::Eq;
using ::testing::ThrowsMessage;

TEST(io_thread, goes_on_behind_a_call_that_throws) {
    io_thread thread;
    std::promise<void> reached;
    boost::asio::post(thread.context(), [] { throw std::runtime_error("no luck"); });
    boost::asio::post(thread.context(), [&reached] { reached.set_value(); });
    EXPECT_EQ(reached.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
}

TEST(io_thread, without_a_descriptor_to_wait_with_is_refused_at_once) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{0, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    EXPECT_THAT([] { io_thread refused; },
                ThrowsMessage<std::runtime_error>(Eq("cannot serve clients and dumps: Too many open files")));
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    io_thread accepted;
}

} // namespace
} // namespace vmcore::sim
