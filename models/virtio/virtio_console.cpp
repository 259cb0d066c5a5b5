#include "models/virtio/virtio_console.h"

#include "models/tlm/endian.h"

#include <algorithm>

namespace vmcore {

using namespace virtio;

namespace {

// Section 5.3.3, feature bits.
enum console_feature : unsigned { multiport = 1, emergency_write = 2 };

// Section 5.3.4, the configuration space: columns, rows, most ports, emergency write.
constexpr unsigned space_bytes = 12;
constexpr unsigned most_ports_offset = 4;
constexpr unsigned emergency_offset = 8;
constexpr uint32_t most_ports = 31;

// Section 5.3.2: the queues of port 0, those of control, then those of the other ports.
enum queue_number : unsigned { receive = 0, transmit = 1, control_receive = 2, control_transmit = 3 };
constexpr uint16_t port_entries = 128;
constexpr uint16_t control_entries = 32;
constexpr unsigned queues = 2 * most_ports + 2;

// Section 5.3.6.2, control messages: port u32, event u16, value u16.
enum control_event : uint16_t {
    device_ready = 0,
    port_add = 1,
    port_ready = 3,
    console_port = 4,
    port_open = 6
};
constexpr unsigned message_bytes = 8;

constexpr size_t piece_bytes = 4096;
constexpr size_t input_chunk = 1024; ///< taken from the line at once

} // namespace

virtio_console::virtio_console(const config& settings, uart_backend* line)
    : m_config(settings)
    , m_line(line) {}

uint64_t virtio_console::features() const {
    return bit(multiport) | bit(emergency_write);
}

std::vector<uint16_t> virtio_console::queue_sizes() const {
    std::vector<uint16_t> sizes(queues, port_entries);
    sizes[control_receive] = sizes[control_transmit] = control_entries;
    return sizes;
}

unsigned virtio_console::config_bytes() const {
    return space_bytes;
}

void virtio_console::fill_config(uint8_t* space) const {
    store_bytes(space, 0, 4, byte_order::little);
    store_bytes(space + most_ports_offset, most_ports, 4, byte_order::little);
}

/// An emergency write prints one byte whatever state the driver is in.
void virtio_console::config_written(uint8_t* space) {
    const uint64_t written = load_bytes(space + emergency_offset, 4, byte_order::little);
    if (written == 0)
        return;
    store_bytes(space + emergency_offset, 0, 4, byte_order::little);
    const auto byte = static_cast<uint8_t>(written);
    if (m_line) {
        m_line->write(&byte, 1);
        m_line->flush();
    }
}

/// A driver without control queues cannot say that it opened the port: it is open as soon as the driver is
/// ready.
void virtio_console::status_written(uint8_t status) {
    if (!(status & driver_ok))
        m_guest_connected = false;
    else if (!transport().negotiated(multiport))
        m_guest_connected = m_line != nullptr;
    if (m_guest_connected)
        transport().wake_after(sc_core::SC_ZERO_TIME); // for input that waits
}

/// Input that the line has given stays, as it does in a UART.
void virtio_console::reset() {
    m_guest_connected = false;
    m_unsent.reset();
}

void virtio_console::process(unsigned queue) {
    if (queue == control_transmit)
        return serve_control();
    if (queue == receive)
        return take_input();
    if (queue == transmit && m_line)
        return send_output();
    if (queue % 2 != 0)
        discard(queue);
}

void virtio_console::wake() {
    send_output();
    take_input();
    poll_again();
}

void virtio_console::poll_again() {
    if (m_config.poll_interval == sc_core::SC_ZERO_TIME || m_line == nullptr)
        return;
    if (m_unsent || m_line->has_input())
        transport().wake_after(m_config.poll_interval);
}

void virtio_console::flush_output() {
    if (m_line == nullptr)
        return;
    m_line->flush();
    if (m_lost_reported || m_line->error().empty())
        return;
    m_lost_reported = true;
    SC_REPORT_WARNING("/vmcore/virtio/output_lost", m_line->error().c_str());
}

void virtio_console::send_output() {
    if (m_line == nullptr)
        return;
    for (;;) {
        if (!m_unsent) {
            virtio_chain chain; // not in m_unsent yet: taking it can lead to a reset
            if (!transport().take(transmit, chain))
                break;
            m_unsent = unsent{std::move(chain), 0};
        }
        if (!send_chain())
            break;
    }
    flush_output();
}

/// False when the back end takes no more; it is offered the rest at the next poll. A reset during the time
/// that output takes has thrown the chain away.
bool virtio_console::send_chain() {
    virtio_walk out(m_unsent->chain.readable);
    out.skip(m_unsent->done);
    while (out.left() > 0) {
        uint8_t buffer[piece_bytes];
        virtio_walk ahead = out;
        const size_t count = ahead.read(transport().memory(), buffer, sizeof buffer);
        const size_t taken = m_line->write(buffer, count);
        out.skip(taken);
        m_unsent->done += taken;
        const virtio_chain held{m_unsent->chain.head, m_unsent->chain.epoch, {}, {}};
        if (!transport().spend(held, m_config.byte_latency * static_cast<double>(taken)) || !m_unsent)
            return true;
        if (taken < count) {
            poll_again();
            return false;
        }
    }
    const virtio_chain done = std::move(m_unsent->chain);
    m_unsent.reset();
    transport().put(transmit, done, 0);
    return true;
}

void virtio_console::take_input() {
    while (m_line && m_guest_connected && transport().driver_ok() && transport().waiting(receive) > 0) {
        if (m_input.empty()) {
            uint8_t buffer[input_chunk];
            const size_t count = m_line->read(buffer, sizeof buffer);
            m_input.assign(buffer, buffer + count);
        }
        virtio_chain chain;
        if (m_input.empty() || !transport().take(receive, chain))
            return;
        virtio_walk in(chain.writable);
        const auto count = static_cast<size_t>(std::min<uint64_t>(m_input.size(), in.left()));
        const std::vector<uint8_t> bytes(m_input.begin(), m_input.begin() + static_cast<ptrdiff_t>(count));
        in.write(transport().memory(), bytes.data(), count);
        m_input.erase(m_input.begin(), m_input.begin() + static_cast<ptrdiff_t>(count));
        transport().put(receive, chain, static_cast<uint32_t>(count));
    }
}

/// Output of a port that is not there.
void virtio_console::discard(unsigned queue) {
    virtio_chain chain;
    while (transport().take(queue, chain))
        transport().put(queue, chain, 0);
}

void virtio_console::serve_control() {
    virtio_chain chain;
    while (transport().take(control_transmit, chain)) {
        uint8_t message[message_bytes];
        virtio_walk out(chain.readable);
        if (out.read(transport().memory(), message, sizeof message) == sizeof message)
            handle_control(static_cast<uint32_t>(load_bytes(message, 4, byte_order::little)),
                           static_cast<uint16_t>(load_bytes(message + 4, 2, byte_order::little)),
                           static_cast<uint16_t>(load_bytes(message + 6, 2, byte_order::little)));
        transport().put(control_transmit, chain, 0);
    }
}

void virtio_console::handle_control(uint32_t port, uint16_t event, uint16_t value) {
    if (m_line == nullptr)
        return;
    if (event == device_ready) {
        if (value != 0)
            tell(port_add, 1);
        return;
    }
    if (port != 0)
        return;
    if (event == port_ready && value != 0) {
        tell(console_port, 1);
        tell(port_open, 1);
    } else if (event == port_open) {
        m_guest_connected = value != 0;
        take_input();
        poll_again();
    }
}

/// A message about port 0. It is lost when the driver has no buffer for it.
void virtio_console::tell(uint16_t event, uint16_t value) {
    virtio_chain chain;
    if (!transport().take(control_receive, chain))
        return;
    uint8_t message[message_bytes];
    store_bytes(message, 0, 4, byte_order::little);
    store_bytes(message + 4, event, 2, byte_order::little);
    store_bytes(message + 6, value, 2, byte_order::little);
    virtio_walk in(chain.writable);
    const size_t written = in.write(transport().memory(), message, sizeof message);
    transport().put(control_receive, chain, static_cast<uint32_t>(written));
}

} // namespace vmcore
