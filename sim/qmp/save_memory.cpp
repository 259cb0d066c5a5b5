#include "sim/qmp/save_memory.h"

#include "models/dump/output_file.h"
#include "sim/qmp/descriptors.h"

#include <algorithm>
#include <iomanip>
#include <sstream>
#include <system_error>
#include <vector>

namespace vmcore::sim::qmp {

/// Bytes read and written at a time.
static constexpr uint64_t piece = 1 << 20;
static constexpr uint64_t page = 4096;

void save_physical_memory(const board& saved, uint64_t address, uint64_t size, const std::string& file) {
    if (size > max_saved)
        throw error("Parameter 'size' expects at most " + std::to_string(max_saved));
    expect_no_descriptor(file);
    try {
        output_file output(file);
        output.set_size(size);
        std::vector<uint8_t> bytes(piece);
        for (uint64_t done = 0; done < size; done += piece) {
            const uint64_t count = std::min(piece, size - done);
            if (saved.read(address + done, bytes.data(), count) == 0)
                continue;
            for (uint64_t at = 0; at < count; at += page) {
                const uint64_t length = std::min(page, count - at);
                const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at);
                if (std::any_of(first, first + static_cast<std::ptrdiff_t>(length),
                                [](uint8_t byte) { return byte != 0; }))
                    output.write_at(done + at, bytes.data() + at, length);
            }
        }
        output.commit(false);
    } catch (const std::system_error& failure) {
        throw error("Could not open '" + file + "': " + failure.code().message());
    }
}

void save_virtual_memory(const board& saved, int64_t cpu, uint64_t address, uint64_t size,
                         const std::string& file) {
    if (cpu < 0 || static_cast<uint64_t>(cpu) >= saved.cpus().size())
        throw error("Parameter 'cpu-index' expects a CPU number");
    const std::vector<memory_range> ranges = saved.ranges();
    const bool whole = std::any_of(ranges.begin(), ranges.end(), [&](const memory_range& range) {
        return address >= range.base && address - range.base < range.size &&
               size <= range.size - (address - range.base);
    });
    if (!whole && size > 0) {
        std::ostringstream text;
        text << "Invalid addr 0x" << std::hex << std::setfill('0') << std::setw(16) << address << std::dec
             << "/size " << size << " specified";
        throw error(text.str());
    }
    save_physical_memory(saved, address, size, file); // the harts have no address translation
}

} // namespace vmcore::sim::qmp
