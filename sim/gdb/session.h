#pragma once

#include "models/tlm/debug_target.h"
#include "sim/gdb/hex.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vmcore::sim::gdb {

/// Why the guest stands still, as far as a debugger is told.
enum class halt { debug, paused, shutdown, panicked };

/// The commands of gdb's remote serial protocol on the CPUs of a board (gdb, "Packets"); which there are, and
/// what is answered, is QEMU's choice where gdb leaves one. Each CPU is a thread of process 1, counted
/// from 1. Packets come without their frame, and on the kernel's thread.
class session {
public:
    /// What a session needs of the simulator.
    class host {
    public:
        virtual ~host() = default;
        virtual bool running() const = 0;
        virtual void pause() = 0;
        /// @returns whether the guest runs now
        virtual bool resume() = 0;
        /// Carries out a line of the human monitor.
        virtual std::string monitor(const std::string& line, unsigned cpu) = 0;
        virtual void kill() = 0;
        virtual void send(const std::string& packet) = 0;
        /// From the next packet on none is acknowledged.
        virtual void stop_acknowledging() = 0;
    };

    session(std::vector<debug_target*> cpus, host& simulator);

    void client_came();
    void client_left();
    void packet(const std::string& text);
    void interrupt();
    /// The guest stands still from now on; a client that waits for it is told.
    void stopped(halt why);
    void ended(int exit_code); ///< and so has the simulator

    static constexpr size_t max_breakpoints = 4096;
    static constexpr size_t max_watchpoints = 64;

private:
    /// What a command is answered at once; none: it will be, or never is.
    using reply = std::optional<std::string>;
    using handler = reply (session::*)(text_reader& given);
    struct command {
        std::string_view name;
        handler carry_out;
    };
    /// A place in the order of threads: one, or every one, or any.
    struct thread_choice {
        enum class kind { one, all, any } what = kind::one;
        unsigned cpu = 0;
    };

    static const std::vector<command> commands;

    reply answer(const std::string& text);

    // session_run.cpp
    reply halt_reason(text_reader& given);
    reply go_on(text_reader& given);
    reply go_on_with_signal(text_reader& given);
    reply single_step(text_reader& given);
    reply single_step_with_signal(text_reader& given);
    reply continue_threads(text_reader& given);
    reply continue_actions(text_reader& given);
    reply detach(text_reader& given);
    reply kill(text_reader& given);
    reply run_all(debug_run selected);
    reply run();
    std::string stop_reply(halt why);
    debug_run step_mode() const;
    void let_all_go();

    // session_memory.cpp
    reply read_all_registers(text_reader& given);
    reply write_all_registers(text_reader& given);
    reply read_register(text_reader& given);
    reply write_register(text_reader& given);
    reply read_memory(text_reader& given);
    reply write_memory(text_reader& given);
    reply write_binary(text_reader& given);
    reply checksum(text_reader& given);
    reply insert_point(text_reader& given);
    reply remove_point(text_reader& given);
    reply store(uint64_t address, const std::vector<uint8_t>& bytes);
    void remove_all_points();
    void apply_points();

    // session_query.cpp
    reply supported(text_reader& given);
    reply select_thread(text_reader& given);
    reply is_alive(text_reader& given);
    reply current_thread(text_reader& given);
    reply first_threads(text_reader& given);
    reply more_threads(text_reader& given);
    reply thread_information(text_reader& given);
    reply attached(text_reader& given);
    reply description(text_reader& given);
    reply monitor(text_reader& given);
    reply no_acknowledgements(text_reader& given);
    reply step_bits(text_reader& given);
    reply step_setting(text_reader& given);
    reply set_step(text_reader& given);
    reply must_be_empty(text_reader& given);
    thread_choice take_thread(text_reader& given) const;
    std::string thread_name(unsigned cpu) const;

    debug_target& cpu() const { return *m_cpus[m_selected]; }

    std::vector<debug_target*> m_cpus;
    host& m_host;
    std::string m_description;
    unsigned m_selected = 0;     ///< for registers and memory
    unsigned m_runs = 0;         ///< the one that `s` steps, and that stopped last
    bool m_waits = false;        ///< the client waits to be told of a stop
    bool m_multiprocess = false; ///< the client knows processes
    bool m_tells_break = false;  ///< the client wants to know which kind of breakpoint it was
    bool m_tells_hardware = false;
    unsigned m_step_flags;
    std::set<std::pair<unsigned, uint64_t>> m_breakpoints;           ///< kind and address
    std::map<std::pair<unsigned, uint64_t>, uint64_t> m_watchpoints; ///< length by kind and address
};

constexpr const char* error_malformed = "E22";
constexpr const char* error_no_memory = "E14";

} // namespace vmcore::sim::gdb
