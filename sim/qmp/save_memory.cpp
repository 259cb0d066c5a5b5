#include "sim/qmp/save_memory.h"

#include "models/dump/output_file.h"
#include "sim/qmp/descriptors.h"

#include <algorithm>
#include <functional>
#include <iomanip>
#include <sstream>
#include <system_error>
#include <vector>

namespace vmcore::sim::qmp {

/// Bytes read and written at a time.
static constexpr uint64_t piece = 1 << 20;
static constexpr uint64_t page = 4096;

namespace {

/// Reads bytes from an offset on; false when they are zeros, which need no writing.
using source = std::function<bool(uint64_t offset, uint8_t* to, uint64_t size)>;

bool has_content(const uint8_t* bytes, uint64_t size) {
    return std::any_of(bytes, bytes + size, [](uint8_t byte) { return byte != 0; });
}

void save(uint64_t size, const std::string& file, const source& read) {
    if (size > max_saved)
        throw error("Parameter 'size' expects at most " + std::to_string(max_saved));
    expect_no_descriptor(file);
    try {
        output_file output(file);
        output.set_size(size);
        std::vector<uint8_t> bytes(piece);
        for (uint64_t done = 0; done < size; done += piece) {
            const uint64_t count = std::min(piece, size - done);
            if (!read(done, bytes.data(), count))
                continue;
            for (uint64_t at = 0; at < count; at += page) {
                const uint64_t length = std::min(page, count - at);
                if (has_content(bytes.data() + at, length))
                    output.write_at(done + at, bytes.data() + at, length);
            }
        }
        output.commit(false);
    } catch (const std::system_error& failure) {
        throw error("Could not open '" + file + "': " + failure.code().message());
    }
}

[[noreturn]] void refuse(uint64_t address, uint64_t size) {
    std::ostringstream text;
    text << "Invalid addr 0x" << std::hex << std::setfill('0') << std::setw(16) << address << std::dec
         << "/size " << size << " specified";
    throw error(text.str());
}

/// For a board whose CPUs are only registers.
void save_untranslated(const board& saved, uint64_t address, uint64_t size, const std::string& file) {
    const std::vector<memory_range> ranges = saved.ranges();
    const bool whole = std::any_of(ranges.begin(), ranges.end(), [&](const memory_range& range) {
        return address >= range.base && address - range.base < range.size &&
               size <= range.size - (address - range.base);
    });
    if (!whole && size > 0)
        refuse(address, size);
    save_physical_memory(saved, address, size, file);
}

} // namespace

void save_physical_memory(const board& saved, uint64_t address, uint64_t size, const std::string& file) {
    save(size, file, [&](uint64_t offset, uint8_t* to, uint64_t count) {
        return saved.read(address + offset, to, count) != 0;
    });
}

void save_virtual_memory(board& saved, int64_t cpu, uint64_t address, uint64_t size,
                         const std::string& file) {
    if (cpu < 0 || static_cast<uint64_t>(cpu) >= saved.cpus().size())
        throw error("Parameter 'cpu-index' expects a CPU number");
    if (size > 0 && size - 1 > ~address)
        refuse(address, size);
    debug_target* seen_by = saved.debugged(static_cast<unsigned>(cpu));
    if (seen_by == nullptr)
        return save_untranslated(saved, address, size, file);
    save(size, file, [&](uint64_t offset, uint8_t* to, uint64_t count) {
        if (!seen_by->read_memory(address + offset, to, count))
            refuse(address, size);
        return true;
    });
}

} // namespace vmcore::sim::qmp
