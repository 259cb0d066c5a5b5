// The file that --cpu-state names: an ELF core, whose CPU notes are read, or JSON.
//
// What is accepted is written as a core and read once more, which must give the same CPUs.

#include "models/dump/elf_core.h"
#include "models/dump/note.h"
#include "sim/cpu_state_file.h"
#include "tests/fuzz/memory_files.h"
#include "tests/fuzz/require.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

using vmcore::fuzz::require;

namespace {

bool has_control_characters(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

std::vector<uint8_t> core_of(const vmcore::dump_target& target,
                             const std::vector<vmcore::cpu_state>& states) {
    std::vector<const vmcore::cpu_context*> cpus;
    for (const vmcore::cpu_state& cpu : states)
        cpus.push_back(&cpu);
    std::vector<uint8_t> notes;
    for (const vmcore::elf_note& note : vmcore::build_cpu_notes(target, cpus))
        notes.insert(notes.end(), note.bytes.begin(), note.bytes.end());
    const vmcore::core_layout layout = vmcore::lay_out_core(target, notes.size(), {});
    std::vector<uint8_t> file = vmcore::build_core_headers(target, layout);
    file.resize(layout.note_offset);
    file.insert(file.end(), notes.begin(), notes.end());
    return file;
}

void check_accepted(const vmcore::cpu_states& states) {
    require(states.target == "x86_64" || states.target == "i386", "a pc is an x86");
    require(!states.cpus.empty() && states.cpus.size() <= 255, "there are as many CPUs as a pc may have");
    const vmcore::dump_target& target = vmcore::find_dump_target(states.target);
    const std::vector<uint8_t> file = core_of(target, states.cpus);
    const vmcore::cpu_states again = vmcore::read_core_cpus(file);
    require(again.target == states.target && again.cpus.size() == states.cpus.size(), "all CPUs come back");
    // Only now, because x86_64's two notes have room for selectors of different widths.
    const std::vector<uint8_t> settled = core_of(target, again.cpus);
    require(core_of(target, vmcore::read_core_cpus(settled).cpus) == settled, "every register comes back");
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::vector<uint8_t> contents(data, data + size);
    vmcore::fuzz::set_memory_files([&](const std::string&) { return contents; });
    try {
        check_accepted(vmcore::sim::load_cpu_states("--cpu-state", "f"));
    } catch (const std::runtime_error& error) { // usage_error is one
        require(std::string(error.what()).rfind("--cpu-state 'f': ", 0) == 0, "a refusal names the file");
        require(!has_control_characters(error.what()), "a refusal is one line");
    }
    return 0;
}
