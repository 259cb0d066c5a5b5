#include "sim/qtest/server.h"

#include "models/tlm/endian.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iomanip>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace vmcore::sim::qtest {

/// Delta cycles until an interrupt line shows what an access did: device, its signal, interrupt controller,
/// its signal, whoever follows it.
static constexpr unsigned settling_cycles = 8;

static std::string hexadecimal(uint64_t value, int digits) {
    std::ostringstream text;
    text << "0x" << std::hex << std::setfill('0') << std::setw(digits) << value;
    return text.str();
}

static uint64_t nanoseconds_now() {
    return sc_core::sc_time_stamp().value() / sc_core::sc_time(1, sc_core::SC_NS).value();
}

server::server(io_thread& thread, const endpoint& where, const std::string& log_file, const board& accessed,
               bus_master& master, run_control& control)
    : m_control(control)
    , m_master(master)
    , m_interrupts("qtest_interrupts", accessed,
                   [this](unsigned number, bool level) {
                       answer(std::string("IRQ ") + (level ? "raise " : "lower ") + std::to_string(number));
                   })
    , m_channel(thread, where) {
    if (log_file.empty() || log_file == "none")
        return;
    m_log.open(log_file);
    if (!m_log)
        throw std::runtime_error("-qtest-log " + log_file + ": cannot write: " + std::strerror(errno));
}

server::~server() {
    m_channel.finish();
}

void server::log(char direction, const std::string& text) {
    if (!m_log.is_open())
        return;
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - m_start;
    m_log << '[' << direction << " +" << std::fixed << std::setprecision(6) << passed.count() << "] " << text
          << std::endl;
}

void server::opened() {
    m_control.post([this] { log('I', "OPENED"); });
}

void server::closed() {
    m_splitter.reset();
    m_control.post([this] { log('I', "CLOSED"); });
}

void server::received(std::string_view bytes, std::vector<file_descriptor>) {
    auto lines = m_splitter.feed(bytes);
    if (lines.empty()) {
        m_channel.resume();
        return;
    }
    m_control.post([this, lines = std::move(lines)]() mutable {
        for (line_splitter::line& line : lines)
            m_lines.push_back(std::move(line));
        carry_on();
    });
}

void server::answer(const std::string& text) {
    log('S', text);
    m_channel.send(text + '\n');
}

/// Carries out what has arrived, up to a line that takes simulated time, which comes back here at its end.
void server::carry_on() {
    m_busy = false;
    while (!m_busy && !m_lines.empty()) {
        const line_splitter::line& line = m_lines.front();
        if (line.too_long) {
            answer("FAIL the line has more than " + std::to_string(line_splitter::max_line) + " bytes");
        } else if (!line.text.empty()) {
            const command wanted(line.text);
            if (is_access(wanted)) {
                m_busy = true;
                m_master.submit([this] { access_all(); });
                return;
            }
            log('R', line.text);
            try {
                m_busy = !carry_out(wanted);
            } catch (const refusal& refused) {
                answer(refused.what());
            }
        }
        m_lines.pop_front();
    }
    if (!m_busy)
        m_channel.resume();
}

/// A count of nanoseconds as simulated time.
static sc_core::sc_time moment(const command& wanted, size_t argument) {
    const uint64_t unit = sc_core::sc_time(1, sc_core::SC_NS).value();
    const uint64_t most = std::numeric_limits<uint64_t>::max() / unit / 2; // the rest is for what follows
    if (wanted.number(argument) > most)
        throw refusal("FAIL " + wanted.name() +
                      ": simulated time does not reach that far, expected at most " + std::to_string(most));
    return sc_core::sc_time::from_value(wanted.number(argument) * unit);
}

/// The end of a step of so many nanoseconds, or without a number the next moment at which anything happens.
static sc_core::sc_time step_target(const command& wanted) {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    if (wanted.arguments() == 0)
        return sc_core::sc_pending_activity() ? now + sc_core::sc_time_to_pending_activity() : now;
    if (now > sc_core::sc_max_time() / 2)
        throw refusal("FAIL clock_step: simulated time is near its end");
    return now + moment(wanted, 0);
}

/// A line that needs no process of the simulation; returns whether it is over.
bool server::carry_out(const command& wanted) {
    const std::string& name = wanted.name();
    if (name == "clock_step") {
        advance(step_target(wanted));
        return false;
    }
    if (name == "clock_set") {
        advance(std::max(moment(wanted, 0), sc_core::sc_time_stamp())); // never back
        return false;
    }
    if (name == "endianness")
        answer("OK little"); // as every target is
    else if (name == "module_load")
        answer("FAIL"); // there are no modules
    else
        answer("FAIL Unknown command '" + name + "'");
    return true;
}

void server::advance(const sc_core::sc_time& target) {
    m_control.advance(target, [this] {
        answer("OK " + std::to_string(nanoseconds_now()));
        carry_on();
    });
}

bool server::is_access(const command& wanted) const {
    static const char* const names[] = {"inb",
                                        "inw",
                                        "inl",
                                        "outb",
                                        "outw",
                                        "outl",
                                        "readb",
                                        "readw",
                                        "readl",
                                        "readq",
                                        "writeb",
                                        "writew",
                                        "writel",
                                        "writeq",
                                        "read",
                                        "write",
                                        "memset",
                                        "b64read",
                                        "b64write",
                                        "set_irq_in",
                                        "irq_intercept_in",
                                        "irq_intercept_out"};
    return std::find(std::begin(names), std::end(names), wanted.name()) != std::end(names);
}

/// Carries out accesses, in a process, for as long as they follow each other.
void server::access_all() {
    while (!m_lines.empty() && !m_lines.front().too_long) {
        const std::string& text = m_lines.front().text;
        if (!text.empty()) {
            const command wanted(text);
            if (!is_access(wanted))
                break;
            log('R', text);
            std::string result;
            try {
                result = access(wanted);
            } catch (const refusal& refused) {
                result = refused.what();
            }
            if (m_interrupts.intercepts())
                settle();
            answer(result);
        }
        m_lines.pop_front();
    }
    m_control.post([this] { carry_on(); });
}

static unsigned width(char suffix) {
    switch (suffix) {
    case 'b': return 1;
    case 'w': return 2;
    case 'l': return 4;
    default: return 8;
    }
}

std::string server::access(const command& wanted) {
    const std::string& name = wanted.name();
    if (name == "set_irq_in")
        return set_interrupt(wanted);
    if (name == "irq_intercept_in" || name == "irq_intercept_out")
        return intercept(wanted);
    if (name == "read" || name == "write" || name == "memset" || name == "b64read" || name == "b64write")
        return move_block(wanted);
    return name[0] == 'i' || name[0] == 'o' ? access_port(wanted) : access_value(wanted);
}

std::string server::access_port(const command& wanted) {
    const unsigned size = width(wanted.name().back());
    const auto port = static_cast<uint16_t>(wanted.number(0));
    if (wanted.name()[0] == 'i')
        return "OK " + hexadecimal(m_master.read_port(port, size), 4);
    m_master.write_port(port, static_cast<uint32_t>(wanted.number(1)), size);
    return "OK";
}

std::string server::access_value(const command& wanted) {
    const unsigned size = width(wanted.name().back());
    const uint64_t address = wanted.number(0);
    uint8_t bytes[8];
    if (wanted.name()[0] == 'r') {
        m_master.read(address, bytes, size);
        return "OK " + hexadecimal(load_bytes(bytes, size, byte_order::little), 16);
    }
    store_bytes(bytes, wanted.number(1), size, byte_order::little);
    m_master.write(address, bytes, size);
    return "OK";
}

std::string server::move_block(const command& wanted) {
    const std::string& name = wanted.name();
    const uint64_t address = wanted.number(0);
    const bool reads = name == "read" || name == "b64read";
    // Only read takes no 0, as with QEMU; the others move nothing then.
    const uint64_t count = name != "read" && wanted.number(1) == 0 ? 0 : wanted.count(1);
    if (reads) {
        std::vector<uint8_t> bytes(count);
        m_master.read(address, bytes.data(), count);
        return "OK " + (name == "read" ? to_hex(bytes) : to_base64(bytes));
    }
    std::vector<uint8_t> bytes;
    if (name == "memset") {
        bytes.assign(count, static_cast<uint8_t>(wanted.number(2)));
    } else if (name == "write") {
        bytes = from_hex(wanted.text(2), count);
    } else {
        bytes = from_base64(wanted.text(2));
        bytes.resize(std::min<uint64_t>(bytes.size(), count));
    }
    m_master.write(address, bytes.data(), bytes.size());
    return "OK";
}

/// Interrupt lines come to show what was done.
void server::settle() {
    for (unsigned i = 0; i < settling_cycles; ++i)
        sc_core::wait(sc_core::SC_ZERO_TIME);
}

std::string server::intercept(const command& wanted) {
    using direction = interrupt_line::direction;
    settle(); // what happened before is not told
    const bool inputs = wanted.name() == "irq_intercept_in";
    return m_interrupts.intercept(wanted.text(0), inputs ? direction::input : direction::output);
}

std::string server::set_interrupt(const command& wanted) {
    return m_interrupts.set_input(wanted.text(0), wanted.text(1), static_cast<unsigned>(wanted.number(2)),
                                  wanted.number(3) != 0);
}

} // namespace vmcore::sim::qtest
