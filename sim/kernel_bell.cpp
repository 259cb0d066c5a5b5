#include "sim/kernel_bell.h"

namespace vmcore::sim {

kernel_bell::kernel_bell(const sc_core::sc_module_name& name)
    : sc_core::sc_module(name) {
    SC_HAS_PROCESS(kernel_bell);
    SC_METHOD(answer);
    dont_initialize();
    sensitive << m_line.rung();
}

} // namespace vmcore::sim
