// The guest's note, checked, and the CPUs' notes, built.
//
// The checks of the guest's note and the texts of their warnings are QEMU's, so that scripts which know them
// keep working. In the portable layout four things differ, because a reader of the file is better off:
// nothing is changed in the copy, a note that is not there (unmapped, or a header of zeros) is left out,
// bytes that could not be read are told, and the start of memory is read as the kernel prints it. QEMU's
// layout has QEMU's bytes, and the warnings all the same.

#include "models/dump/note.h"

#include "models/dump/hex_text.h"
#include "models/dump/vmcoreinfo_text.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace vmcore {

namespace {

constexpr uint32_t header_size = 12; // n_namesz, n_descsz, n_type: 4 bytes each in ELF32 and in ELF64

uint64_t round_up_to_word(uint64_t length) {
    return (length + 3) & ~uint64_t{3};
}

std::string printable(std::string_view name) {
    constexpr size_t longest = 32;
    std::string text;
    for (char c : name.substr(0, longest)) {
        char escape[5];
        std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(c));
        text += c >= ' ' && c <= '~' ? std::string(1, c) : std::string(escape);
    }
    return name.size() > longest ? text + "..." : text;
}

// Bytes past the last physical address count as unmapped: the address does not wrap to 0.
uint64_t read_clipped(const guest_memory& memory, uint64_t paddr, std::vector<uint8_t>& to) {
    const uint64_t reachable = paddr == 0 ? to.size() : std::min<uint64_t>(to.size(), uint64_t{0} - paddr);
    return memory.read(paddr, to.data(), reachable);
}

// Why the announcement itself cannot be right; empty when it can. In QEMU's order.
std::string reason_to_refuse(const vmcoreinfo_record& record) {
    if (!record.present)
        return "guest note is not present";
    if (record.size < header_size || record.size > max_guest_note_size)
        return "guest note size is invalid: " + std::to_string(record.size);
    if (record.guest_format != vmcoreinfo_format_elf)
        return "guest note format is unsupported: " + std::to_string(record.guest_format);
    return "";
}

guest_note refuse(std::string warning) {
    guest_note result;
    result.warnings.push_back(std::move(warning));
    return result;
}

elf_note build_note(byte_order order, const std::string& owner, uint32_t type,
                    const std::vector<uint8_t>& descriptor) {
    byte_sink sink(order);
    sink.put(owner.size() + 1, 4);
    sink.put(descriptor.size(), 4);
    sink.put(type, 4);
    sink.put_bytes(owner.c_str(), owner.size() + 1);
    sink.pad_to(round_up_to_word(sink.size()));
    sink.put_bytes(descriptor.data(), descriptor.size());
    sink.pad_to(round_up_to_word(sink.size()));
    return {owner, type, static_cast<uint32_t>(descriptor.size()), sink.bytes()};
}

std::vector<uint8_t> build_descriptor(const dump_target& target, const cpu_note_layout& layout,
                                      const cpu_context& cpu, size_t index) {
    if (layout.build)
        return layout.build(cpu, index, target.order);
    std::vector<uint8_t> descriptor(layout.size);
    const auto put = [&](uint32_t offset, uint32_t width, uint64_t value) {
        store_bytes(&descriptor.at(offset), value, width, target.order);
    };
    if (layout.pid_offset)
        put(*layout.pid_offset, 4, index + 1);
    for (const register_field& field : layout.registers)
        put(field.offset, field.width, cpu.register_value(field.name).value_or(0));
    for (const constant_field& field : layout.constants)
        put(field.offset, field.width, field.value);
    return descriptor;
}

// As QEMU does: hexadecimal with or without "0x", a sign and blanks before it, and only for some targets.
std::optional<uint64_t> read_hex_number(std::string_view text) {
    const std::string line(text);
    char* end = nullptr;
    errno = 0;
    const uint64_t number = std::strtoull(line.c_str(), &end, 16);
    const bool is_whole = end != line.c_str() && *end == '\0' && errno == 0;
    return is_whole ? std::optional<uint64_t>(number) : std::nullopt;
}

void read_phys_base(guest_note& result, std::string_view descriptor, const dump_target& target,
                    dump_layout layout) {
    if (!target.phys_base_key || (layout == dump_layout::qemu && !target.qemu_reads_phys_base))
        return;
    const vmcoreinfo_text lines(descriptor);
    const std::optional<std::string_view> value = lines.value(target.phys_base_key);
    if (!value)
        return;
    result.phys_base =
        layout == dump_layout::qemu ? read_hex_number(*value) : lines.number(target.phys_base_key);
    if (!result.phys_base)
        result.warnings.push_back("Failed to read " + std::string(target.phys_base_key) + "=");
}

} // namespace

guest_note read_guest_note(const vmcoreinfo_record& record, const guest_memory& memory,
                           const dump_target& target, dump_layout layout) {
    const std::string reason = reason_to_refuse(record);
    if (!reason.empty())
        return refuse(reason);

    guest_note result;
    std::vector<uint8_t> bytes(header_size);
    if (read_clipped(memory, record.paddr, bytes) < header_size)
        result.warnings.push_back("guest note is not in memory: nothing is mapped at " +
                                  hex_text(record.paddr));
    if (!result.warnings.empty() && layout == dump_layout::portable)
        return result;
    const uint64_t name_size = load_bytes(&bytes[0], 4, target.order);
    const uint64_t desc_size = load_bytes(&bytes[4], 4, target.order);
    const uint32_t type = static_cast<uint32_t>(load_bytes(&bytes[8], 4, target.order));
    const uint64_t desc_offset = header_size + round_up_to_word(name_size);
    const uint64_t note_size = desc_offset + round_up_to_word(desc_size);
    if (note_size > record.size) // which is at most max_guest_note_size, so each part is as well
        return refuse("Invalid guest note header");
    const bool is_empty = name_size == 0 && desc_size == 0 && type == 0;
    if (is_empty && result.warnings.empty())
        result.warnings.push_back("guest note is empty: its header at " + hex_text(record.paddr) +
                                  " is all zero");
    if (is_empty && layout == dump_layout::portable)
        return result;

    bytes.assign(note_size, 0);
    const uint64_t mapped = read_clipped(memory, record.paddr, bytes);
    if (mapped < note_size && result.warnings.empty())
        result.warnings.push_back("guest note at " + hex_text(record.paddr) +
                                  " is only partly in memory: " + std::to_string(note_size - mapped) +
                                  " of its " + std::to_string(note_size) + " bytes are zero in the dump");

    const char* text = reinterpret_cast<const char*>(bytes.data());
    const std::string_view name(text + header_size, name_size);
    result.is_vmcoreinfo = name == std::string_view("VMCOREINFO", 11);
    if (result.is_vmcoreinfo) {
        result.text.assign(text + desc_offset, desc_size);
        read_phys_base(result, result.text, target, layout);
        if (layout == dump_layout::qemu && desc_offset + desc_size < note_size)
            bytes[desc_offset + desc_size] = 0;
    }
    const bool terminated = !name.empty() && name.back() == '\0';
    result.note = elf_note{printable(name.substr(0, name.size() - terminated)), type,
                           static_cast<uint32_t>(desc_size), std::move(bytes)};
    return result;
}

guest_note build_vmcoreinfo_note(const std::string& text, const dump_target& target, dump_layout layout) {
    guest_note result;
    result.is_vmcoreinfo = true;
    result.text = text;
    read_phys_base(result, text, target, layout);
    result.note = build_note(target.order, "VMCOREINFO", 0, {text.begin(), text.end()});
    return result;
}

std::vector<elf_note> build_cpu_notes(const dump_target& target, const std::vector<const cpu_context*>& cpus,
                                      dump_layout layout) {
    std::vector<elf_note> notes;
    const auto add = [&](const cpu_note_layout& note, const cpu_context& cpu, size_t index) {
        if (note.is_ours() && layout == dump_layout::qemu)
            return;
        if (note.needed_register && !cpu.register_value(note.needed_register))
            return;
        const std::vector<uint8_t> descriptor = build_descriptor(target, note, cpu, index);
        if (!descriptor.empty())
            notes.push_back(build_note(target.order, note.owner, note.type, descriptor));
    };
    for (const std::vector<cpu_note_layout>& group : target.note_groups)
        for (size_t index = 0; index < cpus.size(); ++index)
            for (const cpu_note_layout& note : group)
                add(note, *cpus[index], index);
    return notes;
}

} // namespace vmcore
