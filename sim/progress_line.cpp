#include "sim/progress_line.h"

#include <cmath>
#include <cstdio>
#include <iostream>
#include <unistd.h>
#include <utility>

namespace vmcore::sim {

static constexpr double mebibyte = 1 << 20;

static std::string formatted(const char* format, double number) {
    char text[64];
    std::snprintf(text, sizeof text, format, number);
    return text;
}

std::string progress_text(const dump_progress& now, std::chrono::duration<double> taken) {
    if (now.total == 0)
        return "dump: begins";
    const auto completed = static_cast<double>(now.completed);
    const auto total = static_cast<double>(now.total);
    std::string text = formatted("dump: %.0f %%", std::floor(100 * completed / total)) +
                       formatted(" of %.0f MiB", std::ceil(total / mebibyte));
    const double rate = taken.count() > 0 ? completed / taken.count() : 0; // bytes a second
    if (rate > 0)
        text += formatted(", %.0f MiB/s", rate / mebibyte) +
                formatted(", %.0f s left", std::ceil((total - completed) / rate));
    return text;
}

progress_line::progress_line()
    : m_terminal(isatty(STDERR_FILENO) != 0) {}

/// Back to the start of the line, and all behind it cleared (ECMA-48, EL).
static const char* const clear_line = "\r\x1b[K";

void progress_line::show(const dump_progress& now) {
    if (!m_terminal)
        return;
    m_shown = true;
    std::cerr << clear_line + progress_text(now, std::chrono::steady_clock::now() - m_begin) << std::flush;
}

void progress_line::clear() {
    if (std::exchange(m_shown, false))
        std::cerr << clear_line << std::flush;
}

progress_line::~progress_line() {
    clear();
}

} // namespace vmcore::sim
