#pragma once

#include "models/dump/dumper.h"

#include <chrono>
#include <string>

namespace vmcore::sim {

/// How far a dump is that has taken this long: percentage, rate and remaining time, as far as they can be
/// told.
std::string progress_text(const dump_progress& now, std::chrono::duration<double> taken);

/// A line on standard error that tells how far a dump is, where standard error is a terminal; elsewhere
/// nothing. It is gone when the object is.
class progress_line {
public:
    progress_line();
    ~progress_line();
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;

    void show(const dump_progress& now);
    /// Makes room for other output; a later show() begins behind it.
    void clear();

private:
    bool m_terminal;
    bool m_shown = false;
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();
};

} // namespace vmcore::sim
