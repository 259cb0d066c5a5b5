#pragma once

#include "models/dump/output_file.h"

#include <atomic>
#include <functional>

namespace vmcore {

/// How many threads a wish for so many means: 0 is one for each CPU that this process may use; never more
/// than 16.
unsigned thread_count(unsigned wanted);

/// Runs `work` in so many threads at once, of which the caller's is one, and returns when all have come to
/// their end. When one of them throws, `stopped` becomes true, by which the others end early, and the first
/// exception is thrown on. A thread that cannot be started is such an exception, too: a std::system_error
/// with the name of the file that is being written. The new threads take no signals.
void run_in_threads(unsigned count, const output_file& file,
                    const std::function<void(const std::atomic<bool>& stopped)>& work);

} // namespace vmcore
