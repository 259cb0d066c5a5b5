// ELF cores by the System V ABI, chapters 4 and 5: both classes, both byte orders. Program headers are read
// in chunks and only counted.

#include "lint/scan.h"

#include <algorithm>
#include <elf.h>
#include <vector>

namespace vmcore::lint {

namespace {

constexpr uint64_t max_program_headers = 16'000'000;
constexpr uint64_t page = 4096;

struct segment {
    uint32_t type;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

architecture architecture_of(uint16_t machine, unsigned word) {
    switch (machine) {
    case EM_RISCV: return word == 8 ? architecture::riscv64 : architecture::riscv32;
    case EM_X86_64: return architecture::x86_64;
    case EM_386: return architecture::i386;
    case EM_AARCH64: return architecture::aarch64;
    case EM_ARM: return architecture::arm;
    default: return architecture::unknown;
    }
}

class elf_scanner {
public:
    elf_scanner(const byte_source& file, dump_facts& facts)
        : m_file(file)
        , m_facts(facts)
        , m_elf(facts.elf)
        , m_notes(file, facts) {}

    void scan() {
        read_header();
        read_sections();
        if (m_elf.program_header_size == m_elf.expected_program_header_size && !m_elf.extended_count_lost)
            read_segments();
    }

private:
    bool wide() const { return m_facts.word == 8; }

    void read_header() {
        uint8_t bytes[sizeof(Elf64_Ehdr)] = {};
        m_file.read(0, bytes, sizeof bytes);
        if ((bytes[EI_CLASS] != ELFCLASS32 && bytes[EI_CLASS] != ELFCLASS64) ||
            (bytes[EI_DATA] != ELFDATA2LSB && bytes[EI_DATA] != ELFDATA2MSB))
            throw not_a_dump("an ELF file of no known class or byte order");
        m_facts.word = bytes[EI_CLASS] == ELFCLASS64 ? 8 : 4;
        m_facts.order = bytes[EI_DATA] == ELFDATA2LSB ? byte_order::little : byte_order::big;
        m_elf.expected_header_size = wide() ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
        m_elf.expected_program_header_size = wide() ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
        if (!m_file.holds(0, m_elf.expected_header_size))
            throw not_a_dump("an ELF file that ends within its header: it was cut off");
        const header_view header(bytes, m_facts.order);
        m_elf.type = header.half(16);
        m_elf.machine = header.half(18);
        m_facts.arch = architecture_of(m_elf.machine, m_facts.word);
        const size_t offsets = 24 + m_facts.word; // behind e_entry
        m_elf.program_header_offset = header.number(offsets, m_facts.word);
        m_section_offset = header.number(offsets + m_facts.word, m_facts.word);
        const size_t sizes = offsets + 2 * m_facts.word + 4; // behind e_flags
        m_elf.header_size = header.half(sizes);
        m_elf.program_header_size = header.half(sizes + 2);
        m_elf.program_headers = header.half(sizes + 4);
        m_section_size = header.half(sizes + 6);
        m_elf.section_headers = m_section_offset == 0 ? 0 : header.half(sizes + 8);
        if (m_elf.type != ET_CORE)
            throw not_a_dump("an ELF file of type " + std::to_string(m_elf.type) +
                             ", expected a core (type 4)");
    }

    void read_sections() {
        const uint64_t smallest = wide() ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
        const bool extended = m_elf.program_headers == PN_XNUM;
        m_elf.extended_count_lost = extended;
        if (m_section_size < smallest)
            return;
        for (uint64_t i = 0; i < m_elf.section_headers; ++i) {
            uint8_t bytes[sizeof(Elf64_Shdr)];
            if (!m_file.read_all(m_section_offset + i * m_section_size, bytes, static_cast<size_t>(smallest)))
                break;
            const header_view header(bytes, m_facts.order);
            m_elf.note_section = m_elf.note_section || header.word(4) == SHT_NOTE;
            if (i == 0 && extended) {
                m_elf.program_headers = header.word(wide() ? 44 : 28); // sh_info
                m_elf.extended_count_lost = m_elf.program_headers == 0;
            }
        }
    }

    segment decode(const uint8_t* bytes) const {
        const header_view view(bytes, m_facts.order);
        if (wide())
            return {view.word(0),  view.wide(8),  view.wide(16), view.wide(24),
                    view.wide(32), view.wide(40), view.wide(48)};
        return {view.word(0),  view.word(4),  view.word(8), view.word(12),
                view.word(16), view.word(20), view.word(28)};
    }

    void read_segments() {
        const uint64_t each = m_elf.expected_program_header_size;
        uint64_t count = m_elf.program_headers, offset = m_elf.program_header_offset;
        const uint64_t there = offset < m_file.size() ? (m_file.size() - offset) / each : 0;
        m_elf.program_headers_cut = count > there;
        count = std::min(count, there);
        if (count > max_program_headers)
            throw not_a_dump("more than " + std::to_string(max_program_headers) + " program headers");
        constexpr uint64_t chunk = 4096;
        std::vector<uint8_t> bytes(static_cast<size_t>(std::min(count, chunk) * each));
        for (uint64_t first = 0; first < count; first += chunk) {
            const uint64_t now = std::min(chunk, count - first);
            if (!m_file.read_all(offset + first * each, bytes.data(), static_cast<size_t>(now * each)))
                throw not_a_dump("the file changes while it is read");
            for (uint64_t i = 0; i < now; ++i)
                look_at(decode(bytes.data() + i * each));
        }
    }

    void look_at(const segment& found) {
        if (found.type == PT_NOTE) {
            m_elf.note_align = std::max(m_elf.note_align, found.align);
            m_notes.scan(found.offset, found.filesz);
        }
        if (found.type != PT_LOAD)
            return;
        if (m_elf.loads++ == 0)
            m_elf.first_looks_like_netdump = found.offset % page == 0 && found.align != 0;
        m_elf.memory += found.memsz;
        m_elf.empty += found.memsz == 0;
        m_elf.short_of_file += found.filesz < found.memsz;
        if (found.filesz > 0) {
            m_elf.first_offset = std::min(m_elf.first_offset, found.offset);
            m_elf.beyond_file += !m_file.holds(found.offset, found.filesz);
            m_elf.unaligned += found.offset % page != 0;
        }
        m_elf.at_virtual_zero += found.vaddr == 0 && found.paddr != 0;
        m_elf.virtual_loads += found.vaddr != 0 && found.vaddr != found.paddr;
    }

    const byte_source& m_file;
    dump_facts& m_facts;
    elf_facts& m_elf;
    note_scanner m_notes;
    uint64_t m_section_offset = 0, m_section_size = 0;
};

} // namespace

void scan_elf(const byte_source& file, dump_facts& facts) {
    elf_scanner(file, facts).scan();
}

} // namespace vmcore::lint
