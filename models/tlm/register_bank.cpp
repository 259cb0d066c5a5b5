#include "models/tlm/register_bank.h"

#include <stdexcept>
#include <string>

namespace vmcore {

reg::reg(register_bank& bank, const char* name, const register_layout& layout, read_handler read,
         write_handler write, read_handler peek)
    : m_name(name)
    , m_layout(layout)
    , m_read(std::move(read))
    , m_write(std::move(write))
    , m_peek(std::move(peek)) {
    const auto width = static_cast<access_sizes>(layout.width);
    if (m_layout.read_sizes == size_none)
        m_layout.read_sizes = width;
    if (m_layout.write_sizes == size_none)
        m_layout.write_sizes = width;
    bank.add(*this);
}

void register_bank::add(reg& added) {
    const unsigned width = added.m_layout.width;
    if ((width != 1 && width != 2 && width != 4 && width != 8) || added.m_layout.count == 0)
        throw std::logic_error(std::string("register ") + added.name() + ": width " + std::to_string(width) +
                               ", count " + std::to_string(added.m_layout.count) +
                               "; expected a width of 1, 2, 4 or 8 and at least one element");
    for (const reg* other : m_registers)
        if (added.m_layout.offset < other->end() && other->m_layout.offset < added.end())
            throw std::logic_error(std::string("register ") + added.name() + " overlaps register " +
                                   other->name());
    m_registers.push_back(&added);
}

tlm::tlm_response_status register_bank::find(const tlm::tlm_generic_payload& payload, location& found) const {
    const uint64_t address = payload.get_address();
    const unsigned size = payload.get_data_length();
    if (payload.get_byte_enable_ptr() != nullptr)
        return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    if (payload.get_streaming_width() < size)
        return tlm::TLM_BURST_ERROR_RESPONSE;

    for (reg* candidate : m_registers) {
        const register_layout& layout = candidate->m_layout;
        if (address < layout.offset || address >= candidate->end())
            continue;
        const auto inside = static_cast<unsigned>(address - layout.offset);
        found = {candidate, inside / layout.width, inside % layout.width};
        const bool known_size = size == 1 || size == 2 || size == 4 || size == 8;
        const unsigned accepted = payload.is_write() ? layout.write_sizes : layout.read_sizes;
        if (!known_size)
            return tlm::TLM_BURST_ERROR_RESPONSE;
        if ((layout.parts ? inside : address) % size != 0 ||
            (found.offset != 0 && (!layout.parts || found.offset + size > layout.width)))
            return tlm::TLM_ADDRESS_ERROR_RESPONSE;
        if ((payload.is_read() && !candidate->m_read) || (payload.is_write() && !candidate->m_write))
            return tlm::TLM_COMMAND_ERROR_RESPONSE;
        return accepted & size ? tlm::TLM_OK_RESPONSE : tlm::TLM_BURST_ERROR_RESPONSE;
    }
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
}

bool register_bank::is_split(const tlm::tlm_generic_payload& payload) const {
    return m_split != 0 && payload.get_data_length() == m_split && payload.get_address() % m_split == 0 &&
           payload.get_byte_enable_ptr() == nullptr && payload.get_streaming_width() >= m_split;
}

void register_bank::access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    location at{};
    const tlm::tlm_response_status status = find(payload, at);
    payload.set_response_status(status);
    if (status != tlm::TLM_OK_RESPONSE)
        return;

    const register_access access{at.index, at.offset, payload.get_data_length(), delay};
    const byte_order order = at.target->m_layout.order;
    if (payload.is_read())
        store_bytes(payload.get_data_ptr(), at.target->m_read(access), access.size, order);
    else if (payload.is_write())
        at.target->m_write(access, load_bytes(payload.get_data_ptr(), access.size, order));
}

/// One half of an access.
static void set_half(tlm::tlm_generic_payload& half, const tlm::tlm_generic_payload& whole, unsigned which) {
    const unsigned size = whole.get_data_length() / 2;
    half.set_command(whole.get_command());
    half.set_address(whole.get_address() + which * size);
    half.set_data_ptr(whole.get_data_ptr() + which * size);
    half.set_data_length(size);
    half.set_streaming_width(size);
}

void register_bank::transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    if (!is_split(payload)) {
        access(payload, delay);
        return;
    }
    tlm::tlm_generic_payload half;
    for (const unsigned which : {0, 1}) {
        location at{};
        set_half(half, payload, which);
        payload.set_response_status(find(half, at));
        if (payload.is_response_error())
            return;
    }
    for (const unsigned which : {0, 1}) {
        set_half(half, payload, which);
        access(half, delay);
    }
}

unsigned register_bank::debug(tlm::tlm_generic_payload& payload) {
    if (is_split(payload)) {
        tlm::tlm_generic_payload half;
        unsigned read = 0;
        for (unsigned which = 0; which < 2 && read == which * m_split / 2; ++which) {
            set_half(half, payload, which);
            read += debug(half);
        }
        return read;
    }
    location at{};
    if (!payload.is_read() || find(payload, at) != tlm::TLM_OK_RESPONSE || !at.target->m_peek)
        return 0;
    sc_core::sc_time no_delay;
    const register_access access{at.index, at.offset, payload.get_data_length(), no_delay};
    store_bytes(payload.get_data_ptr(), at.target->m_peek(access), access.size, at.target->m_layout.order);
    return payload.get_data_length();
}

} // namespace vmcore
