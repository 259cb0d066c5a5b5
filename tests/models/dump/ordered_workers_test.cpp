#include "models/dump/ordered_workers.h"

#include <atomic>
#include <csignal>
#include <gtest/gtest.h>
#include <stdexcept>
#include <system_error>

using namespace vmcore;

namespace {

struct number {
    int in = 0;
    int out = 0;
};

using workers = ordered_workers<number>;

std::thread start(std::function<void()> body) {
    return std::thread(std::move(body));
}

TEST(ordered_workers_test, results_come_in_the_order_of_the_jobs) {
    std::atomic<int> calls{0};
    // The first of each pair waits until the second one is done.
    const auto twice = [&](number& job) {
        if (job.in % 2 == 1)
            ++calls;
        while (job.in % 2 == 0 && calls <= job.in / 2)
            std::this_thread::yield();
        job.out = 2 * job.in;
    };
    workers pool({twice, twice}, 3, start);
    int given = 0, taken = 0;
    while (given < 1000 || !pool.idle()) {
        if (given < 1000 && pool.has_room()) {
            pool.next().in = given++;
            pool.submit();
            continue;
        }
        ASSERT_EQ(pool.oldest().out, 2 * taken++);
        pool.release();
    }
    EXPECT_EQ(taken, 1000);
}

TEST(ordered_workers_test, what_a_worker_throws_comes_out_at_its_place) {
    const auto odd_fails = [](number& job) {
        if (job.in % 2 == 1)
            throw std::runtime_error("job " + std::to_string(job.in));
    };
    workers pool({odd_fails, odd_fails}, 4, start);
    for (int i = 0; i < 4; ++i) {
        pool.next().in = i;
        pool.submit();
    }
    EXPECT_FALSE(pool.has_room());
    for (int i = 0; i < 4; ++i) {
        try {
            pool.oldest();
            EXPECT_EQ(i % 2, 0);
        } catch (const std::runtime_error& error) {
            EXPECT_EQ(error.what(), "job " + std::to_string(i));
        }
        pool.release();
    }
    EXPECT_TRUE(pool.idle());
}

TEST(ordered_workers_test, workers_take_no_signals_and_the_owner_goes_on_taking_them) {
    const auto blocked_here = [] {
        sigset_t blocked;
        ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        int count = 0;
        for (int signal : {SIGINT, SIGTERM, SIGUSR1, SIGCHLD, SIGWINCH, SIGALRM})
            count += ::sigismember(&blocked, signal);
        return count;
    };
    workers pool({[&](number& job) { job.out = blocked_here(); }}, 1, start);
    EXPECT_EQ(blocked_here(), 0);
    pool.submit();
    EXPECT_EQ(pool.oldest().out, 6);
    pool.release();
}

TEST(ordered_workers_test, threads_end_when_the_owner_gives_up_with_jobs_left) {
    std::atomic<int> running{0};
    {
        const thread_starter counted = [&](std::function<void()> body) {
            return std::thread([&running, body] {
                ++running;
                body();
                --running;
            });
        };
        const auto nothing = [](number&) {};
        workers pool({nothing, nothing, nothing}, 8, counted);
        for (int i = 0; i < 8; ++i)
            pool.submit();
    }
    EXPECT_EQ(running, 0);
}

TEST(ordered_workers_test, a_thread_that_does_not_start_ends_those_that_did) {
    for (int k = 0; k < 3; ++k) {
        int started = 0;
        std::atomic<int> running{0};
        const thread_starter failing = [&](std::function<void()> body) {
            if (started++ == k)
                throw std::system_error(EAGAIN, std::generic_category());
            return std::thread([&running, body] {
                ++running;
                body();
                --running;
            });
        };
        const auto nothing = [](number&) {};
        EXPECT_THROW(workers({nothing, nothing, nothing}, 3, failing), std::system_error);
        EXPECT_EQ(started, k + 1);
        EXPECT_EQ(running, 0);
    }
}

} // namespace
