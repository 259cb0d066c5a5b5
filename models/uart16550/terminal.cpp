#include "models/uart16550/terminal.h"

#include "models/uart16550/backend.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <termios.h>
#include <unistd.h>

namespace vmcore {

namespace {

// What restore_terminal() needs lies in statics, because a signal handler has no other way to reach it.
termios g_saved_mode;
std::atomic<bool> g_raw{false};

} // namespace

bool terminal_is_ours() noexcept {
    const pid_t foreground = tcgetpgrp(STDIN_FILENO);
    return foreground < 0 || foreground == getpgrp();
}

void enter_raw_mode() {
    termios mode{};
    if (g_raw || !terminal_is_ours() || tcgetattr(STDIN_FILENO, &mode) != 0)
        return;
    g_saved_mode = mode;
    mode.c_iflag &= ~tcflag_t(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    mode.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON | IEXTEN);
    mode.c_cflag = (mode.c_cflag & ~tcflag_t(CSIZE | PARENB)) | CS8;
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    static const int registered = std::atexit([] { restore_terminal(); });
    (void)registered;
    g_raw = true;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &mode) != 0)
        g_raw = false;
}

void restore_terminal() noexcept {
    const int saved_errno = errno;
    if (g_raw && terminal_is_ours() && tcsetattr(STDIN_FILENO, TCSANOW, &g_saved_mode) == 0)
        g_raw = false;
    errno = saved_errno;
}

} // namespace vmcore
