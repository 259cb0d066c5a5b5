// The guest's note, from a hostile record and hostile memory, and the core file around it.
//
// An input is: which target, where memory lies, the record's fields, the size of a hole, and for the rest the
// contents of memory, which ends where the input ends. What comes of it is compared with a second reading of
// the same bytes, and the headers and notes of the file are read back by libelf.

#include "models/dump/elf_core.h"
#include "models/dump/note.h"
#include "tests/fuzz/byte_reader.h"
#include "tests/fuzz/require.h"

#include <cstring>
#include <gelf.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using vmcore::fuzz::byte_reader;
using vmcore::fuzz::require;

namespace {

/// Two blocks of memory with a hole between them.
class split_memory : public vmcore::guest_memory {
public:
    split_memory(uint64_t base, uint64_t hole_start, uint64_t hole_size, std::vector<uint8_t> contents)
        : m_base(base)
        , m_hole_start(std::min<uint64_t>(hole_start, contents.size()))
        , m_hole_size(hole_size)
        , m_contents(std::move(contents)) {}

    std::vector<vmcore::memory_range> ranges() const override {
        return {{m_base, m_hole_start, m_contents.data()},
                {m_base + m_hole_start + m_hole_size, m_contents.size() - m_hole_start,
                 m_contents.data() + m_hole_start}};
    }

    uint64_t read(uint64_t paddr, void* to, uint64_t length) const override {
        require(length <= vmcore::max_guest_note_size, "no read is longer than the longest note");
        require(length == 0 || length - 1 <= ~uint64_t(0) - paddr, "no read passes the last address");
        auto* bytes = static_cast<uint8_t*>(to);
        uint64_t mapped = 0;
        for (uint64_t i = 0; i < length; ++i) {
            const uint8_t* from = find(paddr + i);
            bytes[i] = from ? *from : 0;
            mapped += from != nullptr;
        }
        return mapped;
    }

    const uint8_t* find(uint64_t paddr) const {
        uint64_t place = paddr - m_base;
        if (place >= m_hole_start)
            place = place - m_hole_start < m_hole_size ? m_contents.size() : place - m_hole_size;
        return paddr >= m_base && place < m_contents.size() ? &m_contents[place] : nullptr;
    }

private:
    uint64_t m_base, m_hole_start, m_hole_size;
    std::vector<uint8_t> m_contents;
};

/// A CPU that has every register there is.
class full_cpu : public vmcore::cpu_context {
public:
    std::optional<uint64_t> register_value(std::string_view name) const override {
        return 0x0101010101010101 * name.size();
    }
};

bool is_one_printable_line(const std::string& text) {
    for (const char c : text)
        if (c < ' ' || c > '~')
            return false;
    return true;
}

/// The number that the first line with that key spells, read by another way than the engine's.
bool spells(std::string_view text, const std::string& key, uint64_t number) {
    text = text.substr(0, text.find('\0'));
    const std::string all = '\n' + std::string(text);
    const size_t start = all.find('\n' + key);
    if (start == std::string::npos)
        return false;
    const size_t digits = start + 1 + key.size();
    const std::string line = all.substr(digits, all.find('\n', digits) - digits);
    const bool is_hex = line.find('x') != std::string::npos || line.find('X') != std::string::npos;
    return std::strtoull(line.c_str(), nullptr, is_hex ? 16 : 10) == number;
}

void check_note(const vmcore::guest_note& result, const vmcore::vmcoreinfo_record& record,
                const split_memory& memory, const vmcore::dump_target& target) {
    const vmcore::elf_note& note = *result.note;
    const size_t size = note.bytes.size();
    require(record.present && record.guest_format == vmcore::vmcoreinfo_format_elf,
            "only a record that is present counts");
    require(size >= 12 && size <= record.size && size % 4 == 0,
            "a note lies within what the guest announced");
    for (size_t i = 0; i < size; ++i) {
        const uint8_t* there = record.paddr + i < record.paddr ? nullptr : memory.find(record.paddr + i);
        require(note.bytes[i] == (there ? *there : 0), "a note is what the guest's memory holds");
    }
    const uint64_t name_size = vmcore::load_bytes(&note.bytes[0], 4, target.order);
    const uint64_t desc_size = vmcore::load_bytes(&note.bytes[4], 4, target.order);
    require(12 + (name_size + 3) / 4 * 4 + (desc_size + 3) / 4 * 4 == size,
            "a note is as long as its header says");
    require(note.size == desc_size && note.type == vmcore::load_bytes(&note.bytes[8], 4, target.order),
            "type and size are those of the header");
    require(is_one_printable_line(note.owner) && note.owner.size() <= 32 * 4 + 3, "the owner can be printed");

    const std::string name(note.bytes.begin() + 12,
                           note.bytes.begin() + 12 + static_cast<std::ptrdiff_t>(name_size));
    require(result.is_vmcoreinfo == (name == std::string("VMCOREINFO", 11)),
            "a VMCOREINFO note is known by its name");
    if (result.phys_base) {
        const char* text = reinterpret_cast<const char*>(note.bytes.data()) + 12 + (name_size + 3) / 4 * 4;
        require(result.is_vmcoreinfo &&
                    spells({text, desc_size}, std::string(target.phys_base_key) + '=', *result.phys_base),
                "the physical base is what the line spells");
    }
}

/// Headers and notes as the file has them, read by libelf.
void check_file(const vmcore::dump_target& target, const std::vector<vmcore::elf_note>& notes,
                std::vector<vmcore::memory_range> ranges) {
    std::vector<uint8_t> note_bytes;
    for (const vmcore::elf_note& note : notes)
        note_bytes.insert(note_bytes.end(), note.bytes.begin(), note.bytes.end());
    vmcore::core_layout layout;
    try {
        layout = vmcore::lay_out_core(target, note_bytes.size(), ranges);
    } catch (const std::runtime_error& error) {
        return require(is_one_printable_line(error.what()), "a refusal is one line");
    }
    std::vector<uint8_t> file = vmcore::build_core_headers(target, layout);
    require(file.size() <= layout.note_offset, "headers end before the notes");
    file.resize(layout.note_offset);
    file.insert(file.end(), note_bytes.begin(), note_bytes.end());
    uint64_t end = file.size();
    for (const vmcore::core_segment& segment : layout.segments) {
        require(segment.offset >= end && segment.offset % 4096 == 0,
                "segments follow each other on pages of their own");
        end = segment.offset + segment.memory.size;
    }
    require(layout.file_size == end, "the file ends with its last segment");

    elf_version(EV_CURRENT);
    const std::unique_ptr<Elf, int (*)(Elf*)> elf(
        elf_memory(reinterpret_cast<char*>(file.data()), file.size()), elf_end);
    GElf_Phdr header;
    require(elf && gelf_getphdr(elf.get(), 0, &header) != nullptr && header.p_type == PT_NOTE,
            "the notes come first");
    Elf_Data* data =
        elf_getdata_rawchunk(elf.get(), static_cast<int64_t>(header.p_offset), header.p_filesz, ELF_T_NHDR);
    require(data != nullptr, "libelf reads the notes");
    size_t offset = 0;
    for (const vmcore::elf_note& note : notes) {
        GElf_Nhdr found;
        size_t name_offset = 0, desc_offset = 0;
        const size_t start = offset;
        offset = gelf_getnote(data, offset, &found, &name_offset, &desc_offset);
        require(offset == start + note.bytes.size(), "libelf finds a note where it was put");
        require(found.n_type == note.type && found.n_descsz == note.size,
                "libelf finds the note that was put there");
    }
    require(offset == note_bytes.size(), "there is nothing behind the last note");
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    byte_reader input(data, size);
    const uint8_t shape = input.byte();
    const vmcore::dump_target& target = vmcore::dump_targets()[shape % vmcore::dump_targets().size()];
    vmcore::vmcoreinfo_record record;
    record.present = (shape & 0x10) == 0;
    record.guest_format = (shape & 0x20) == 0 ? uint16_t(vmcore::vmcoreinfo_format_elf)
                                              : static_cast<uint16_t>(input.number(2));
    record.size = static_cast<uint32_t>(input.number(4));
    const auto skipped = static_cast<int8_t>(input.byte()); // from the start of memory to the note
    const uint64_t hole_start = input.number(2), hole_size = input.byte();
    const std::vector<uint8_t> contents = input.rest();
    // Low memory, high memory, or the end of the address space, which the note may pass.
    const uint64_t base = shape & 0x40   ? uint64_t(0) - contents.size() - hole_size
                          : shape & 0x80 ? 0x80000000
                                         : 0;
    record.paddr = base + static_cast<uint64_t>(int64_t{skipped});
    const split_memory memory(base, hole_start, hole_size, contents);

    const vmcore::guest_note result = vmcore::read_guest_note(record, memory, target);
    require(result.note || !result.warnings.empty(), "a note that is missing is told");
    for (const std::string& warning : result.warnings)
        require(!warning.empty() && is_one_printable_line(warning), "a warning is one line");
    const full_cpu cpu;
    std::vector<vmcore::elf_note> notes = vmcore::build_cpu_notes(target, {&cpu, &cpu});
    if (result.note) {
        check_note(result, record, memory, target);
        notes.push_back(*result.note);
    }
    std::vector<vmcore::memory_range> ranges;
    for (const vmcore::memory_range& range : memory.ranges())
        if (range.size > 0)
            ranges.push_back(range);
    if (!contents.empty()) // as large as a board may claim
        ranges.push_back({0x100000000,
                          vmcore::load_bytes(contents.data(), std::min<size_t>(contents.size(), 8),
                                             vmcore::byte_order::little) |
                              1,
                          nullptr});
    check_file(target, notes, ranges);
    return 0;
}
