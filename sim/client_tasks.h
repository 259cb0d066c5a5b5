#pragma once

#include "sim/run_control.h"

#include <deque>
#include <functional>
#include <utility>

namespace vmcore::sim {

/// What a client has asked for, done on the kernel's thread in that order, one at a time: the run can do what
/// a command asks of it before the next, and other clients may be served meanwhile. Must outlive what is
/// posted.
class client_tasks {
public:
    explicit client_tasks(run_control& control)
        : m_control(control) {}

    /// Has something done when all that was posted before is done. Any thread may call it.
    void post(std::function<void()> task) {
        m_control.post([this, task = std::move(task)]() mutable {
            m_tasks.push_back(std::move(task));
            carry_out_next();
        });
    }

private:
    void carry_out_next() {
        if (m_at_work || m_tasks.empty())
            return;
        const std::function<void()> task = std::move(m_tasks.front());
        m_tasks.pop_front();
        m_at_work = true;
        task();
        m_at_work = false;
        if (!m_tasks.empty())
            m_control.post([this] { carry_out_next(); });
    }

    run_control& m_control;
    std::deque<std::function<void()>> m_tasks; ///< of the kernel's thread
    bool m_at_work = false;
};

} // namespace vmcore::sim
