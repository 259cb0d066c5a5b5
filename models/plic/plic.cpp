#include "models/plic/plic.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace vmcore {

namespace {

constexpr unsigned bits = 32; ///< of a word of pending or enable
constexpr unsigned context_enable_words = 0x80 / 4;
constexpr unsigned context_words = 0x1000 / 4;
enum context_word : unsigned { threshold_word = 0, claim_word = 1 };

const plic::config& checked(const plic::config& settings) {
    const auto check = [](const char* field, unsigned value, unsigned most) {
        if (value < 1 || value > most)
            throw std::invalid_argument(std::string("plic: ") + field + " is " + std::to_string(value) +
                                        ", expected 1 to " + std::to_string(most));
    };
    check("sources", settings.sources, plic::max_sources);
    check("priorities", settings.priorities, ~0u);
    check("contexts", settings.contexts, plic::max_contexts);
    return settings;
}

constexpr register_layout words(uint64_t offset, unsigned count) {
    return {offset, 4, byte_order::little, size_4, size_4, false, count};
}

uint32_t bit_of(unsigned source) {
    return uint32_t(1) << source % bits;
}

} // namespace

plic::plic(const sc_core::sc_module_name& name, const config& settings)
    : peripheral(name, settings.access_latency)
    , m_config(checked(settings))
    , m_priorities(settings.sources + 1)
    , m_pending(settings.sources / bits + 1)
    , m_claimed(m_pending.size())
    , m_contexts(settings.contexts)
    , m_lines(settings.contexts)
    , m_reg_priority(m_registers, "priority", words(0, 0x400), on(this, &plic::read_priority),
                     on(this, &plic::write_priority), on(this, &plic::read_priority))
    , m_reg_pending(m_registers, "pending", words(0x1000, 0x400), on(this, &plic::read_pending),
                    on(this, &plic::ignore_write), on(this, &plic::read_pending))
    , m_reg_enable(m_registers, "enable", words(0x2000, max_contexts * context_enable_words),
                   on(this, &plic::read_enable), on(this, &plic::write_enable), on(this, &plic::read_enable))
    , m_reg_reserved(m_registers, "reserved",
                     words(0x2000 + 4 * max_contexts * context_enable_words,
                           (0x200000 - 0x2000) / 4 - max_contexts * context_enable_words),
                     on(this, &plic::read_zero), on(this, &plic::ignore_write), on(this, &plic::read_zero))
    , m_reg_context(m_registers, "context", words(0x200000, max_contexts * context_words),
                    on(this, &plic::read_context), on(this, &plic::write_context),
                    on(this, &plic::peek_context)) {
    for (context& each : m_contexts)
        each.enabled.resize(m_pending.size());
    source.init(settings.sources + 1);
    external.init(settings.contexts);
    SC_HAS_PROCESS(plic);
    SC_METHOD(drive_lines);
    sensitive << m_changed;
}

/// Which events tell of a source is known only when it is bound.
void plic::end_of_elaboration() {
    sc_core::sc_spawn_options how;
    how.spawn_method();
    how.dont_initialize();
    for (unsigned number = 0; number < source.size(); ++number) {
        if (source[number].size() == 0)
            continue;
        const sc_core::sc_signal_in_if<bool>* signal = source[number][0];
        const auto* wire = dynamic_cast<const interrupt_wire*>(signal);
        m_watched.push_back({number, wire ? &wire->asserted_event() : &signal->posedge_event()});
        how.set_sensitivity(m_watched.back().asserted);
    }
    if (!m_watched.empty())
        sc_core::sc_spawn([this] { take_assertions(); }, "take_assertions", &how);
}

void plic::reset() {
    std::fill(m_priorities.begin(), m_priorities.end(), 0);
    std::fill(m_pending.begin(), m_pending.end(), 0);
    std::fill(m_claimed.begin(), m_claimed.end(), 0);
    for (context& each : m_contexts) {
        each.threshold = 0;
        std::fill(each.enabled.begin(), each.enabled.end(), 0);
    }
    update();
}

void plic::take_assertions() {
    for (const watched& each : m_watched)
        if (each.asserted->triggered())
            m_pending[each.source / bits] |= bit_of(each.source);
    update();
}

void plic::update() {
    for (unsigned number = 0; number < m_contexts.size(); ++number)
        m_lines[number] = best(m_contexts[number]) != 0;
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

void plic::drive_lines() {
    for (unsigned number = 0; number < m_contexts.size(); ++number)
        external[number].write(m_lines[number]);
}

unsigned plic::best(const context& claimant) const {
    unsigned found = 0;
    uint32_t highest = claimant.threshold;
    for (unsigned word = 0; word < m_pending.size(); ++word) {
        const uint32_t candidates = m_pending[word] & ~m_claimed[word] & claimant.enabled[word];
        for (unsigned number = word * bits; candidates != 0 && number < m_priorities.size(); ++number) {
            if (number / bits != word)
                break;
            if ((candidates & bit_of(number)) && m_priorities[number] > highest) {
                highest = m_priorities[number];
                found = number;
            }
        }
    }
    return found;
}

/// Of 2^n - 1 priorities the field keeps n bits; otherwise values that are no priority are ignored.
bool plic::accept_priority(uint32_t& field, uint64_t value) const {
    const uint32_t most = m_config.priorities;
    const bool is_bit_field = (most & (most + 1)) == 0;
    if (!is_bit_field && value > most)
        return false;
    field = static_cast<uint32_t>(is_bit_field ? value & most : value);
    return true;
}

uint64_t plic::read_priority(const register_access& access) const {
    return access.index < m_priorities.size() ? m_priorities[access.index] : 0;
}

void plic::write_priority(const register_access& access, uint64_t value) {
    if (access.index != 0 && access.index < m_priorities.size() &&
        accept_priority(m_priorities[access.index], value))
        update();
}

uint64_t plic::read_pending(const register_access& access) const {
    return access.index < m_pending.size() ? m_pending[access.index] : 0;
}

uint64_t plic::read_enable(const register_access& access) const {
    const unsigned number = access.index / context_enable_words;
    const unsigned word = access.index % context_enable_words;
    return number < m_contexts.size() && word < m_pending.size() ? m_contexts[number].enabled[word] : 0;
}

void plic::write_enable(const register_access& access, uint64_t value) {
    const unsigned number = access.index / context_enable_words;
    const unsigned word = access.index % context_enable_words;
    if (number >= m_contexts.size() || word >= m_pending.size())
        return;
    m_contexts[number].enabled[word] = static_cast<uint32_t>(value); // which moves no line
}

uint64_t plic::peek_context(const register_access& access) const {
    const unsigned number = access.index / context_words;
    if (number >= m_contexts.size())
        return 0;
    switch (access.index % context_words) {
    case threshold_word: return m_contexts[number].threshold;
    case claim_word: return best(m_contexts[number]);
    default: return 0;
    }
}

uint64_t plic::read_context(const register_access& access) {
    const uint64_t value = peek_context(access);
    if (access.index % context_words != claim_word || access.index / context_words >= m_contexts.size())
        return value;
    if (value != 0) {
        const auto claimed = static_cast<unsigned>(value);
        m_pending[claimed / bits] &= ~bit_of(claimed);
        m_claimed[claimed / bits] |= bit_of(claimed);
    }
    update();
    return value;
}

/// Completion, as in QEMU, is taken from any context and for any source.
void plic::write_context(const register_access& access, uint64_t value) {
    const unsigned number = access.index / context_words;
    const unsigned word = access.index % context_words;
    if (number >= m_contexts.size())
        return;
    if (word == claim_word && value < m_priorities.size()) {
        const auto completed = static_cast<unsigned>(value);
        m_claimed[completed / bits] &= ~bit_of(completed);
    } else if (word != threshold_word || !accept_priority(m_contexts[number].threshold, value)) {
        return;
    }
    update();
}

} // namespace vmcore
