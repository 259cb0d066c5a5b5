#pragma once

namespace vmcore {

/// Puts the terminal on standard input, if there is one and this process may change it, into raw mode:
/// bytes arrive as they are typed, without echo; the keys for signals keep their meaning. Undone by
/// restore_terminal() (models/uart16550/backend.h), which std::exit calls, too.
void enter_raw_mode();

/// Whether reading standard input cannot stop this process for being in the background of a terminal.
bool terminal_is_ours() noexcept;

} // namespace vmcore
