#pragma once

#include "models/uart16550/backend.h"
#include "models/virtio/virtio_device.h"

#include <deque>
#include <optional>
#include <systemc>

namespace vmcore {

/// A virtio serial bus with at most one port, a console (VIRTIO 1.2, section 5.3), as QEMU 10.0.2's
/// virtio-serial-device with a virtconsole: 31 ports are announced, port 0 is the console, and the control
/// queues tell a driver that negotiated F_MULTIPORT so. An older driver simply uses port 0.
///
/// Output reaches the back end as the driver offers it; what a slow peer does not take stays in the queue.
/// Input is looked for every config.poll_interval, and only while the driver has room for it.
class virtio_console : public virtio_device {
public:
    struct config {
        sc_core::sc_time poll_interval; ///< between two looks for input; 0: never by itself
        sc_core::sc_time byte_latency;  ///< of output
    };

    /// @param line the host's end of the console, which must outlive the device; null: there is no port
    virtio_console(const config& settings, uart_backend* line);

    virtio::device_type type() const override { return virtio::device_type::console; }
    uint64_t features() const override;
    uint64_t legacy_features() const override { return virtio::bit(virtio::any_layout); }
    std::vector<uint16_t> queue_sizes() const override;
    unsigned config_bytes() const override;
    void fill_config(uint8_t* space) const override;
    void config_written(uint8_t* space) override;
    void status_written(uint8_t status) override;
    void reset() override;
    void process(unsigned queue) override;
    void wake() override;

    /// Passes on to the host what the back end still holds, and warns of output that the host has lost. Call
    /// it at the end of a run.
    void flush_output();

private:
    /// Output that the back end has not taken yet.
    struct unsent {
        virtio_chain chain;
        uint64_t done = 0; ///< bytes of it that are out
    };

    void send_output();
    bool send_chain();
    void take_input();
    void discard(unsigned queue);
    void serve_control();
    void handle_control(uint32_t port, uint16_t event, uint16_t value);
    void tell(uint16_t event, uint16_t value);
    void poll_again();

    config m_config;
    uart_backend* m_line;
    bool m_guest_connected = false;
    std::optional<unsent> m_unsent;
    std::deque<uint8_t> m_input; ///< taken from the line, not delivered yet
    bool m_lost_reported = false;
};

} // namespace vmcore
