// Notes, one after the other. Only what rules ask for is kept: counts, and the text of the first VMCOREINFO.

#include "lint/scan.h"

#include <algorithm>
#include <iterator>

namespace vmcore::lint {

namespace {

constexpr uint32_t nt_prstatus = 1;
constexpr uint32_t qemu_note_size = 440; // the one version of it that there is
constexpr size_t header_bytes = 12;
constexpr uint64_t max_notes = 1'000'000;
constexpr uint64_t max_text = 1 << 20;

struct prstatus_layout {
    architecture arch;
    uint32_t size;
    uint32_t pid_offset;
    uint32_t pc_offset;
};

constexpr prstatus_layout layouts[] = {
    {architecture::riscv64, 376, 32, 112}, {architecture::riscv32, 204, 24, 72},
    {architecture::x86_64, 336, 32, 240},  {architecture::i386, 144, 24, 120},
    {architecture::aarch64, 392, 32, 368}, {architecture::arm, 148, 24, 132},
};

const prstatus_layout* layout_of(architecture arch) {
    const auto found = std::find_if(std::begin(layouts), std::end(layouts),
                                    [arch](const prstatus_layout& each) { return each.arch == arch; });
    return found == std::end(layouts) ? nullptr : found;
}

uint64_t padded(uint64_t size) {
    return (size + 3) & ~uint64_t{3};
}

} // namespace

void note_scanner::scan(uint64_t offset, uint64_t size) {
    const bool is_cut = !m_file.holds(offset, size);
    if (is_cut) {
        m_facts.notes.cut = true;
        if (offset >= m_file.size())
            return;
        size = m_file.size() - offset;
    }
    const uint64_t end = offset + size;
    while (end - offset >= header_bytes) {
        uint8_t bytes[header_bytes];
        if (!m_file.read_all(offset, bytes, sizeof bytes))
            return;
        const header_view header(bytes, m_facts.order);
        const uint64_t name_at = offset + header_bytes;
        const uint64_t desc_at = name_at + padded(header.word(0)), desc_size = header.word(4);
        if (desc_at > end || desc_size > end - desc_at) {
            m_facts.notes.malformed |= !is_cut;
            if (m_file.holds(desc_at, desc_size) &&
                is_of_a_cpu(owner(name_at, header.word(0)), header.word(8), header.word(4)))
                m_facts.notes.overrun = end;
            return;
        }
        if (++m_seen > max_notes)
            throw not_a_dump("more than " + std::to_string(max_notes) + " notes");
        look_at(owner(name_at, header.word(0)), header.word(8), desc_at, header.word(4));
        m_facts.notes.unpadded |= desc_at + padded(desc_size) > end;
        offset = std::min(end, desc_at + padded(desc_size));
    }
    m_facts.notes.malformed |= offset < end && !is_cut;
}

bool note_scanner::is_of_a_cpu(const std::string& name, uint32_t type, uint32_t size) const {
    const prstatus_layout* layout = layout_of(m_facts.arch);
    return (name == "CORE" && type == nt_prstatus && layout != nullptr && size == layout->size) ||
           (name == "QEMU" && size == qemu_note_size);
}

std::string note_scanner::owner(uint64_t offset, uint32_t size) const {
    char name[16] = {};
    m_file.read(offset, name, std::min<size_t>(size, sizeof name - 1));
    return name;
}

void note_scanner::look_at(const std::string& name, uint32_t type, uint64_t desc_at, uint32_t size) {
    note_facts& notes = m_facts.notes;
    if (name == "VMCOREINFO") {
        if (notes.vmcoreinfos++ == 0)
            keep_text(desc_at, size);
    } else if (name == "QEMU") {
        notes.qemu = true;
    } else if (type == nt_prstatus && name == "CORE") {
        look_at_registers(desc_at, size);
    } else if (type == nt_prstatus) {
        ++notes.foreign_prstatus;
    }
}

void note_scanner::keep_text(uint64_t offset, uint64_t size) {
    std::string& text = m_facts.notes.vmcoreinfo;
    text.resize(static_cast<size_t>(std::min(size, max_text)));
    text.resize(m_file.read(offset, text.data(), text.size()));
}

void note_scanner::look_at_registers(uint64_t desc_at, uint32_t size) {
    note_facts& notes = m_facts.notes;
    ++notes.prstatus;
    const prstatus_layout* layout = layout_of(m_facts.arch);
    if (layout == nullptr)
        return;
    if (size != layout->size && notes.odd_prstatus++ == 0)
        notes.odd_size = size;
    uint8_t pid[4];
    if (size >= layout->pid_offset + sizeof pid &&
        m_file.read_all(desc_at + layout->pid_offset, pid, sizeof pid) &&
        !m_pids.insert(header_view(pid, m_facts.order).word(0)).second)
        ++notes.repeated_pids;
    uint8_t pc[8];
    if (m_facts.word == sizeof pc && size >= layout->pc_offset + sizeof pc &&
        m_file.read_all(desc_at + layout->pc_offset, pc, sizeof pc))
        notes.kernel_pcs += header_view(pc, m_facts.order).wide(0) >> 63;
}

architecture architecture_by_first_note(const byte_source& file, uint64_t offset, byte_order order) {
    uint8_t bytes[header_bytes];
    if (!file.read_all(offset, bytes, sizeof bytes))
        return architecture::unknown;
    const header_view header(bytes, order);
    const auto found = std::find_if(std::begin(layouts), std::end(layouts), [&](const prstatus_layout& each) {
        return header.word(8) == nt_prstatus && each.size == header.word(4);
    });
    return found == std::end(layouts) ? architecture::unknown : found->arch;
}

} // namespace vmcore::lint
