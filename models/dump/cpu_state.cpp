// CPUs read back from the notes of a core file.
//
// The tables that notes are written by are read the other way round here: the k-th note that has a layout's
// owner and type is about the k-th CPU. A note without a layout, such as the guest's own, is passed over. The
// file comes from anywhere, so that every offset in it is checked, and a count is believed only as far as
// there are bytes for it.

#include "models/dump/cpu_state.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace vmcore {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what);
}

/// Bytes of the file, with every access checked.
class core_view {
public:
    core_view(const uint8_t* bytes, uint64_t size, byte_order order)
        : m_bytes(bytes)
        , m_size(size)
        , m_order(order) {}

    uint64_t size() const { return m_size; }
    const uint8_t* bytes() const { return m_bytes; }

    uint64_t number(uint64_t offset, unsigned width, const char* what) const {
        return load_bytes(part(offset, width, what).m_bytes, width, m_order);
    }
    core_view part(uint64_t offset, uint64_t length, const char* what) const {
        if (offset > m_size || length > m_size - offset)
            fail(std::string("cut off in its ") + what + ": " + std::to_string(length) +
                 " bytes were expected at offset " + std::to_string(offset) + ", and there are " +
                 std::to_string(m_size) + " in all");
        return {m_bytes + offset, length, m_order};
    }

private:
    const uint8_t* m_bytes;
    uint64_t m_size;
    byte_order m_order;
};

struct found_note {
    std::string owner; ///< without the terminator
    uint64_t type;
    core_view descriptor;
};

constexpr uint64_t identification_size = 16;

const dump_target& target_of(const std::vector<uint8_t>& file) {
    if (file.size() < identification_size)
        fail("cut off in its ELF header");
    const bool is_class_known = file[4] == 1 || file[4] == 2;
    const bool is_order_known = file[5] == 1 || file[5] == 2;
    if (!is_class_known || !is_order_known)
        fail("an ELF file of class " + std::to_string(file[4]) + " and byte order " +
             std::to_string(file[5]) + ", expected 1 or 2 for each");
    const auto file_class = static_cast<elf_class>(file[4]);
    const byte_order order = file[5] == 1 ? byte_order::little : byte_order::big;
    const core_view view(file.data(), file.size(), order);
    const uint64_t type = view.number(16, 2, "ELF header"), machine = view.number(18, 2, "ELF header");
    constexpr uint64_t et_core = 4;
    if (type != et_core)
        fail("an ELF file of type " + std::to_string(type) + ", expected a core (4)");
    for (const dump_target& target : dump_targets())
        if (target.machine == machine && target.order == order &&
            (target.file_class == file_class || target.widens))
            return target;
    fail("a core of machine " + std::to_string(machine) + ", which no dump target has");
}

/// The contents of the first PT_NOTE. Of more program headers than e_phnum can count the first 65535 are
/// looked at.
core_view find_notes(const core_view& file, elf_class file_class) {
    const bool is_wide = file_class == elf_class::elf64;
    const unsigned word = is_wide ? 8 : 4;
    const uint64_t table = file.number(is_wide ? 32 : 28, word, "ELF header");
    const uint64_t entry_size = file.number(is_wide ? 54 : 42, 2, "ELF header");
    const uint64_t count = file.number(is_wide ? 56 : 44, 2, "ELF header");
    const uint64_t expected_size = is_wide ? 56 : 32;
    if (count > 0 && entry_size != expected_size)
        fail("a core with program headers of " + std::to_string(entry_size) + " bytes, expected " +
             std::to_string(expected_size));
    constexpr uint64_t pt_note = 4;
    core_view rest = file.part(std::min(table, file.size()), file.size() - std::min(table, file.size()),
                               "program headers");
    for (uint64_t i = 0; i < count; ++i) {
        const core_view header = rest.part(i * expected_size, expected_size, "program headers");
        if (header.number(0, 4, "program headers") == pt_note)
            return file.part(header.number(is_wide ? 8 : 4, word, "program headers"),
                             header.number(is_wide ? 32 : 16, word, "program headers"), "notes");
    }
    fail("a core without notes: none of its " + std::to_string(count) + " program headers is a PT_NOTE");
}

std::vector<found_note> read_notes(const core_view& notes) {
    constexpr uint64_t header_size = 12;
    const auto padded = [](uint64_t size) { return (size + 3) & ~uint64_t(3); };
    std::vector<found_note> all;
    for (uint64_t offset = 0; offset < notes.size();) {
        const core_view header = notes.part(offset, header_size, "notes");
        const uint64_t name_size = header.number(0, 4, "notes"), size = header.number(4, 4, "notes");
        offset += header_size;
        const core_view name = notes.part(offset, name_size, "notes");
        offset += padded(name_size);
        const core_view descriptor = notes.part(offset, size, "notes");
        offset += padded(size); // of the last note the padding may be missing
        const auto* text = reinterpret_cast<const char*>(name.bytes());
        all.push_back(
            {std::string(text, strnlen(text, name_size)), header.number(8, 4, "notes"), descriptor});
    }
    return all;
}

void read_registers(const core_view& descriptor, const cpu_note_layout& layout, cpu_state& cpu) {
    for (const register_field& field : layout.registers)
        cpu.set(field.name, descriptor.number(field.offset, field.width, "notes"));
}

/// @param is_first this layout's notes tell how many CPUs there are
void read_layout(const std::vector<found_note>& notes, const cpu_note_layout& layout, bool is_first,
                 std::vector<cpu_state>& cpus) {
    const std::string shown = std::string(layout.owner) + " notes of type " + std::to_string(layout.type);
    size_t count = 0;
    for (const found_note& note : notes) {
        if (note.owner != layout.owner || note.type != layout.type)
            continue;
        if (note.descriptor.size() != layout.size)
            fail("a core whose " + shown + " have " + std::to_string(note.descriptor.size()) +
                 " bytes, expected " + std::to_string(layout.size));
        if (is_first && cpus.size() == most_core_cpus)
            fail("a core with more than " + std::to_string(most_core_cpus) + " CPUs");
        if (is_first)
            cpus.emplace_back();
        if (count >= cpus.size())
            fail("a core with more " + shown + " than CPUs (" + std::to_string(cpus.size()) + ")");
        read_registers(note.descriptor, layout, cpus[count++]);
    }
    if (is_first && count == 0)
        fail("a core without " + shown + ", which have the CPUs' registers");
    if (count != 0 && count != cpus.size())
        fail("a core with " + std::to_string(count) + " " + shown + ", expected one for each of its " +
             std::to_string(cpus.size()) + " CPUs");
}

/// The notes of x86 have no place for EFER; what is known of it is that the machine is named after it.
void infer_long_mode(cpu_states& states) {
    const bool is_long = states.target == "x86_64";
    if (!is_long && states.target != "i386")
        return;
    for (cpu_state& cpu : states.cpus)
        cpu.set("efer", is_long ? x86_efer::lme | x86_efer::lma : 0);
}

} // namespace

std::optional<uint64_t> cpu_state::register_value(std::string_view name) const {
    const auto found = m_registers.find(name);
    return found == m_registers.end() ? std::nullopt : std::optional<uint64_t>(found->second);
}

std::vector<std::string> noted_registers(const dump_target& target) {
    std::vector<std::string> names;
    for (const auto& group : target.note_groups)
        for (const cpu_note_layout& layout : group)
            for (const register_field& field : layout.registers)
                names.push_back(field.name);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

cpu_states read_core_cpus(const std::vector<uint8_t>& file) {
    const dump_target& target = target_of(file);
    const core_view view(file.data(), file.size(), target.order);
    const std::vector<found_note> notes = read_notes(find_notes(view, static_cast<elf_class>(file[4])));
    cpu_states states{target.name, {}};
    bool is_first = true;
    for (const auto& group : target.note_groups)
        for (const cpu_note_layout& layout : group)
            if (!layout.build) {
                read_layout(notes, layout, is_first, states.cpus);
                is_first = false;
            }
    infer_long_mode(states);
    return states;
}

} // namespace vmcore
