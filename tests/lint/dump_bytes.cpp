#include "tests/lint/dump_bytes.h"

#include <algorithm>
#include <cstring>

namespace vmcore::lint::testing {

size_t memory_source::read(uint64_t offset, void* to, size_t length) const {
    if (offset >= m_bytes.size())
        return 0;
    length = std::min(length, m_bytes.size() - static_cast<size_t>(offset));
    std::memcpy(to, m_bytes.data() + offset, length);
    return length;
}

void dump_bytes::put(uint64_t offset, uint64_t number, unsigned width) {
    if (m_bytes.size() < offset + width)
        grow_to(offset + width);
    store_bytes(m_bytes.data() + offset, number, width, m_order);
}

void dump_bytes::put(uint64_t offset, const std::string& text) {
    if (m_bytes.size() < offset + text.size())
        grow_to(offset + text.size());
    std::copy(text.begin(), text.end(), m_bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

uint64_t dump_bytes::add_note(const std::string& owner, uint32_t type, const std::string& descriptor) {
    const auto padded = [](size_t bytes) { return (bytes + 3) / 4 * 4; };
    const uint64_t start = size();
    put(start, owner.size() + 1, 4);
    put(start + 4, descriptor.size(), 4);
    put(start + 8, type, 4);
    put(start + 12, owner);
    grow_to(start + 12 + padded(owner.size() + 1));
    put(size(), descriptor);
    grow_to(start + 12 + padded(owner.size() + 1) + padded(descriptor.size()));
    return start;
}

namespace {

std::string registers_of(const core_recipe::registers& hart, byte_order order) {
    dump_bytes descriptor(order);
    descriptor.grow_to(hart.size);
    if (hart.size >= hart.pid_offset + 4)
        descriptor.put(hart.pid_offset, hart.pid, 4);
    return {descriptor.bytes().begin(), descriptor.bytes().end()};
}

/// Appends a header of either class: type, flags, offset, vaddr, paddr, filesz, memsz, align.
void put_program_header(dump_bytes& file, uint64_t at, unsigned word, uint32_t type, uint64_t offset,
                        const core_recipe::load& segment) {
    file.put(at, type, 4);
    const uint64_t numbers = word == 8 ? at + 8 : at + 4;
    const uint64_t values[] = {offset, segment.vaddr, segment.paddr, segment.filesz, segment.memsz};
    for (size_t i = 0; i < std::size(values); ++i)
        file.put(numbers + i * word, values[i], word);
    file.put(word == 8 ? at + 48 : at + 28, segment.align, word);
}

} // namespace

core_recipe::core_recipe()
    : vmcoreinfos{text_of(riscv64_keys())} {}

std::vector<uint8_t> core_recipe::make() const {
    dump_bytes file(order);
    file.put(0, std::string("\x7f"
                            "ELF"));
    file.put(4, word == 8 ? 2 : 1, 1);
    file.put(5, order == byte_order::little ? 1 : 2, 1);
    file.put(16, 4, 2);
    file.put(18, machine, 2);
    const uint64_t offsets = 24 + word, sizes = offsets + 2 * word + 4;
    const uint64_t count = loads.size() + 1;
    file.put(offsets, program_headers_at, word);
    file.put(sizes, header_size, 2);
    file.put(sizes + 2, program_header_size, 2);
    file.put(sizes + 4, program_header_count == 0 ? count : program_header_count, 2);
    file.put(sizes + 6, word == 8 ? 64 : 40, 2);
    file.put(sizes + 8, sections, 2);
    file.grow_to(program_headers_at + count * program_header_size);
    const uint64_t notes = file.size();
    for (const registers& hart : harts)
        file.add_note(register_owner, 1, registers_of(hart, order));
    if (qemu_note)
        file.add_note("QEMU", 0, std::string(440, '\0'));
    for (const std::string& text : vmcoreinfos)
        file.add_note("VMCOREINFO", 0, text);
    const uint64_t notes_size = file.size() - notes;
    put_program_header(file, program_headers_at, word, 4, notes, {0, 0, notes_size, notes_size, 0});
    for (size_t i = 0; i < loads.size(); ++i) {
        file.grow_to((file.size() + alignment - 1) / alignment * alignment);
        put_program_header(file, program_headers_at + (i + 1) * program_header_size, word, 1, file.size(),
                           loads[i]);
        file.grow_to(file.size() + loads[i].filesz);
    }
    if (sections > 0) {
        const uint64_t at = file.size();
        file.put(offsets + word, at, word);
        file.grow_to(at + sections * (word == 8 ? 64 : 40));
        file.put(at + (word == 8 ? 44 : 28), section_info, 4);
    }
    file.grow_to(file.size() - cut);
    return file.bytes();
}

kdump_recipe::kdump_recipe()
    : vmcoreinfo(text_of(riscv64_keys())) {}

std::vector<uint8_t> kdump_recipe::make() const {
    const uint64_t bs = block_size, back = word == 8 ? 0 : 12; // the fields behind utsname
    dump_bytes file(order);
    file.put(0, std::string("KDUMP   "));
    file.put(8, version, 4);
    for (size_t i = 0; i < utsname.size(); ++i)
        file.put(12 + 65 * i, utsname[i]);
    const uint64_t bitmap_blocks = 2 * ((max_mapnr + 8 * bs - 1) / (8 * bs));
    const uint64_t sub_blocks = 2;
    const uint64_t fields[] = {status, bs, sub_blocks, bitmap_blocks, max_mapnr & 0xffffffff};
    for (size_t i = 0; i < std::size(fields); ++i)
        file.put(424 - back + 4 * i, fields[i], 4);

    const uint64_t sub_size = word == 8 ? 104 : 80;
    file.grow_to(bs + sub_size);
    const uint32_t register_bytes = register_size != 0 ? register_size : word == 8 ? 376 : 204;
    const std::string registers = registers_of({register_bytes, word == 8 ? 32u : 24u, 1}, order);
    const uint64_t notes = file.add_note("CORE", 1, registers);
    const uint64_t text = file.size() + 12 + 12; // behind the note's header and owner
    if (!vmcoreinfo.empty())
        file.add_note(has_note ? "VMCOREINFO" : "something.", 0, vmcoreinfo);
    const uint64_t notes_size = file.size() - notes;
    file.put(bs, phys_base, word);
    if (!vmcoreinfo.empty() && has_place) {
        file.put(bs + (word == 8 ? 32 : 20), text, 8);
        file.put(bs + (word == 8 ? 40 : 28), vmcoreinfo.size(), word);
    }
    if (word == 8) {
        file.put(bs + 48, notes, 8);
        file.put(bs + 56, notes_size, 8);
        file.put(bs + 96, max_mapnr, 8);
    } else {
        file.put(bs + 32, notes, 8);
        file.put(bs + 40, notes_size, 4);
        file.put(bs + 72, max_mapnr, 8);
    }

    const uint64_t bitmaps = (1 + sub_blocks) * bs, half = bitmap_blocks * bs / 2;
    file.grow_to(bitmaps + 2 * half);
    std::vector<uint8_t> bitmap(static_cast<size_t>(half));
    for (size_t i = 0; i < pages.size(); ++i) {
        const uint64_t number = !page_0 ? first_page + i : i == 0 ? 0 : first_page + i - 1;
        bitmap[static_cast<size_t>(number / 8)] |= static_cast<uint8_t>(1 << (number % 8));
    }
    for (const uint64_t at : {bitmaps, bitmaps + half})
        file.put(at, std::string(bitmap.begin(), bitmap.end()));
    uint64_t descriptor = bitmaps + 2 * half, data = descriptor + 24 * pages.size();
    for (const page& each : pages) {
        file.put(descriptor, each.offset == 0 ? data : each.offset, 8);
        file.put(descriptor + 8, each.size, 4);
        file.put(descriptor + 12, each.flags, 4);
        descriptor += 24;
        data += each.size;
        file.grow_to(std::max(file.size(), data));
    }
    file.grow_to(file.size() - cut);
    return file.bytes();
}

std::vector<std::pair<std::string, std::string>> riscv64_keys() {
    return {{"OSRELEASE", "6.12.107+deb13-riscv64"},
            {"PAGESIZE", "4096"},
            {"SYMBOL(init_uts_ns)", "ffffffff81c0d4a0"},
            {"SYMBOL(_stext)", "ffffffff80002000"},
            {"SYMBOL(swapper_pg_dir)", "ffffffff81e00000"},
            {"SIZE(page)", "64"},
            {"OFFSET(page.flags)", "0"},
            {"NUMBER(VA_BITS)", "39"},
            {"NUMBER(phys_ram_base)", "2147483648"},
            {"NUMBER(PAGE_OFFSET)", "0xffffffd600000000"},
            {"NUMBER(VMALLOC_START)", "0xffffffc600000000"},
            {"NUMBER(VMALLOC_END)", "0xffffffd5ffffffff"},
            {"NUMBER(VMEMMAP_START)", "0xffffffc500000000"},
            {"NUMBER(VMEMMAP_END)", "0xffffffc5ffffffff"},
            {"NUMBER(MODULES_VADDR)", "0xffffffff02000000"},
            {"NUMBER(MODULES_END)", "0xffffffff80000000"},
            {"NUMBER(KERNEL_LINK_ADDR)", "0xffffffff80000000"},
            {"NUMBER(va_kernel_pa_offset)", "0xfffffffeffe00000"}};
}

std::string text_of(const std::vector<std::pair<std::string, std::string>>& keys) {
    std::string text;
    for (const auto& [key, value] : keys)
        text += key + '=' + value + '\n';
    return text;
}

std::string text_without(const std::string& key) {
    auto keys = riscv64_keys();
    keys.erase(std::remove_if(keys.begin(), keys.end(), [&](const auto& each) { return each.first == key; }),
               keys.end());
    return text_of(keys);
}

std::string text_with(const std::string& key, const std::string& value) {
    auto keys = riscv64_keys();
    for (auto& each : keys)
        if (each.first == key)
            each.second = value;
    return text_of(keys);
}

std::vector<uint8_t> flatten(const std::vector<uint8_t>& file, size_t piece) {
    dump_bytes flat(byte_order::big);
    flat.put(0, std::string("makedumpfile"));
    flat.put(16, 1, 8);
    flat.put(24, 1, 8);
    flat.grow_to(4096);
    for (size_t at = 0; at < file.size(); at += piece) {
        const size_t size = std::min(piece, file.size() - at);
        flat.put(flat.size(), at, 8);
        flat.put(flat.size(), size, 8);
        flat.put(flat.size(), std::string(file.begin() + static_cast<std::ptrdiff_t>(at),
                                          file.begin() + static_cast<std::ptrdiff_t>(at + size)));
    }
    flat.put(flat.size(), ~uint64_t{0}, 8);
    flat.put(flat.size(), ~uint64_t{0}, 8);
    return flat.bytes();
}

lint_report judge_bytes(const std::vector<uint8_t>& bytes) {
    std::vector<reader> all;
    for (const reader_info& each : readers())
        all.push_back(each.which);
    return judge(examine(memory_source(bytes)), all);
}

verdict verdict_of(const lint_report& report, reader which) {
    for (const reader_report& each : report.readers)
        if (each.which == which)
            return each.result;
    throw std::logic_error("no such reader in the report");
}

std::vector<std::string> finding_ids(const lint_report& report) {
    std::vector<std::string> ids;
    for (const finding_report& each : report.findings)
        ids.push_back(each.id);
    return ids;
}

std::string unhappy(const lint_report& report) {
    std::string text;
    for (const reader_report& each : report.readers)
        if (each.result == verdict::no || each.result == verdict::partly)
            text += (text.empty() ? "" : ", ") + std::string(each.name) + ' ' + name_of(each.result);
    return text;
}

} // namespace vmcore::lint::testing
