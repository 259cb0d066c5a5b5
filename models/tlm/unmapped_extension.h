#pragma once

#include <cstdint>
#include <tlm>

namespace vmcore {

/// Ignorable extension: an initiator that walks over large ranges attaches it, and a bus that answers
/// TLM_ADDRESS_ERROR_RESPONSE because nothing is mapped at the address says in it how far the gap reaches.
/// Without a bus that knows it, the initiator finds the end of the gap step by step.
class unmapped_extension : public tlm::tlm_extension<unmapped_extension> {
public:
    bool known = false; ///< the bus filled it in
    uint64_t last = 0;  ///< last address of the gap, on the address scale of the initiator

    tlm_extension_base* clone() const override { return new unmapped_extension(*this); }
    void copy_from(const tlm_extension_base& other) override {
        *this = static_cast<const unmapped_extension&>(other);
    }
};

} // namespace vmcore
