#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vmcore {

/// The host's end of a serial line. No call waits for the peer, and none throws: what goes wrong after the
/// back end was made is remembered in error(), and output is discarded from then on.
class uart_backend {
public:
    virtual ~uart_backend() = default;

    /// Takes bytes for output and returns how many; fewer than `length` means that the peer is slow and the
    /// rest must be offered again later. Output may wait in a buffer for a newline or flush().
    virtual size_t write(const uint8_t* data, size_t length) = 0;

    /// Takes up to `length` bytes of input that are there now; returns how many, 0 for none.
    virtual size_t read(uint8_t* data, size_t length) = 0;

    /// Passes on what the buffer holds, as far as the peer takes it.
    virtual void flush() = 0;

    /// Whether read() may ever return bytes again. While false, polling it is of no use.
    virtual bool has_input() const = 0;

    /// The first failure of the host that lost output, in one line; empty when all is well.
    virtual const std::string& error() const = 0;
};

/// Makes the back end that QEMU's `-serial` argument names:
///   null                             output is discarded, no input
///   stdio                            standard input and output; a terminal is put in raw mode (see below)
///   file:PATH                        output replaces the contents of the file, no input
///   unix:PATH                        connects to a listening socket
///   unix:PATH,server=on              listens, and waits here for the first peer
///   unix:PATH,server=on,wait=off     listens; output is discarded while there is no peer
/// A comma in a socket's PATH is written twice. A peer that leaves is no error: a server takes the next one,
/// a client discards output from then on.
/// @param option name of the option for error messages
/// @throws std::invalid_argument when spec is not of this form
/// @throws std::runtime_error when the host refuses; the message names option, path and cause
std::unique_ptr<uart_backend> make_backend(const std::string& spec, const std::string& option = "-serial");

/// Puts the terminal back into the mode in which the stdio back end found it. Destroying the back end and
/// std::exit do it, too; a handler for a signal that ends the process calls this function, which is
/// async-signal-safe and may be called at any time, any number of times.
void restore_terminal() noexcept;

} // namespace vmcore
