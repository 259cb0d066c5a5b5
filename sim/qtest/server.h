#pragma once

#include "sim/bus_master.h"
#include "sim/io/channel.h"
#include "sim/qtest/command.h"
#include "sim/qtest/interrupts.h"
#include "sim/run_control.h"

#include <chrono>
#include <deque>
#include <fstream>
#include <string>
#include <vector>

namespace vmcore::sim::qtest {

/// A server of QEMU's qtest protocol: lines that access memory, ports and interrupt lines, and move simulated
/// time. Lines are carried out one after the other on the kernel's thread, whether the guest runs or not.
class server : private channel::client {
public:
    /// @param log_file every line and answer, with the time since the first; empty or "none" for no log
    /// @throws std::runtime_error when the endpoint or the log file cannot be opened
    server(io_thread& thread, const endpoint& where, const std::string& log_file, const board& accessed,
           bus_master& master, run_control& control);
    ~server();

    void start() { m_channel.start(*this); }

private:
    void opened() override;
    void received(std::string_view bytes, std::vector<file_descriptor> descriptors) override;
    void closed() override;

    void carry_on();
    bool carry_out(const command& wanted);
    bool is_access(const command& wanted) const;
    void access_all();
    std::string access(const command& wanted);
    std::string access_port(const command& wanted);
    std::string access_value(const command& wanted);
    std::string move_block(const command& wanted);
    void settle();
    std::string intercept(const command& wanted);
    std::string set_interrupt(const command& wanted);
    void advance(const sc_core::sc_time& target);
    void answer(const std::string& text);
    void log(char direction, const std::string& text);

    run_control& m_control;
    bus_master& m_master;
    interrupts m_interrupts;
    std::ofstream m_log;
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
    channel m_channel;
    line_splitter m_splitter;                ///< of the I/O thread
    std::deque<line_splitter::line> m_lines; ///< of the kernel's thread; not yet carried out
    bool m_busy = false;                     ///< a line is under way that takes simulated time
};

} // namespace vmcore::sim::qtest
