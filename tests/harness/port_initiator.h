#pragma once

#include "models/tlm/unmapped_extension.h"
#include "tests/harness/test_initiator.h"

namespace vmcore::test {

/// IN and OUT of an x86 CPU on a bus of I/O ports, with what QEMU's bus makes of them: an access is cut into
/// naturally aligned pieces of 1, 2 or 4 bytes, the largest possible first. Ports where nobody is read as
/// ones, pieces that are refused as zeros, and refused writes are lost.
class port_initiator : public test_initiator {
public:
    using test_initiator::test_initiator;

    /// @param size 1, 2 or 4 bytes; the value is little-endian
    uint32_t in(uint16_t port, unsigned size) {
        uint32_t value = 0;
        for (unsigned done = 0; done < size;) {
            const unsigned piece = first_piece(port + done, size - done);
            value |= in_piece(port + done, piece) << 8 * done;
            done += piece;
        }
        return value;
    }

    void out(uint16_t port, uint32_t value, unsigned size) {
        for (unsigned done = 0; done < size;) {
            const unsigned piece = first_piece(port + done, size - done);
            write_value(port + done, value >> 8 * done, piece);
            done += piece;
        }
    }

private:
    static unsigned first_piece(unsigned port, unsigned size) {
        unsigned piece = 4;
        while (piece > size || port % piece != 0)
            piece /= 2;
        return piece;
    }

    uint32_t in_piece(unsigned port, unsigned size) {
        std::vector<uint8_t> data(size);
        request payload(tlm::TLM_READ_COMMAND, port, data);
        unmapped_extension gap;
        payload.set_extension(&gap);
        const result answer = send(payload);
        payload.clear_extension(&gap);
        if (gap.known)
            return size == 4 ? ~uint32_t(0) : (uint32_t(1) << 8 * size) - 1;
        return answer.ok() ? static_cast<uint32_t>(answer.value()) : 0;
    }
};

} // namespace vmcore::test
