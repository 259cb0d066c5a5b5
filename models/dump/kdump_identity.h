#pragma once

#include "models/dump/kdump.h"
#include "models/dump/kdump_header.h"

namespace vmcore {

/// What the header says of the guest: block_size, phys_base, the notes and utsname. The rest is left as it
/// is.
kdump_header identify_kdump(const kdump_job& job);

} // namespace vmcore
