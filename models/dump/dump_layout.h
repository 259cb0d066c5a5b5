#pragma once

namespace vmcore {

/// Whose layout a file has.
enum class dump_layout {
    portable, ///< what every reader opens
    qemu,     ///< QEMU 10's to the byte, its faults included except e_ehsize; for comparisons
};

} // namespace vmcore
