#pragma once

#include "lint/report.h"

#include <string>
#include <utility>
#include <vector>

namespace vmcore::lint::testing {

/// A file that is not there.
class memory_source : public byte_source {
public:
    explicit memory_source(std::vector<uint8_t> bytes)
        : m_bytes(std::move(bytes)) {}
    uint64_t size() const override { return m_bytes.size(); }
    size_t read(uint64_t offset, void* to, size_t length) const override;

private:
    std::vector<uint8_t> m_bytes;
};

/// A file under construction, in one byte order.
class dump_bytes {
public:
    explicit dump_bytes(byte_order order)
        : m_order(order) {}

    void put(uint64_t offset, uint64_t number, unsigned width);
    void put(uint64_t offset, const std::string& text);
    /// Appends a note; returns where it begins.
    uint64_t add_note(const std::string& owner, uint32_t type, const std::string& descriptor);
    void grow_to(uint64_t size) { m_bytes.resize(static_cast<size_t>(size)); }
    uint64_t size() const { return m_bytes.size(); }
    const std::vector<uint8_t>& bytes() const { return m_bytes; }

private:
    byte_order m_order;
    std::vector<uint8_t> m_bytes;
};

/// An ELF core that every reader of its architecture opens; tests change what they are about.
struct core_recipe {
    unsigned word = 8;
    byte_order order = byte_order::little;
    uint16_t machine = 243;
    uint64_t header_size = 64;
    uint64_t program_headers_at = 64;
    uint16_t program_header_size = 56;
    uint16_t program_header_count = 0; ///< 0: the true one
    uint16_t sections = 0;             ///< null sections at the end of the file
    uint32_t section_info = 0;         ///< sh_info of the first one
    struct load {
        uint64_t paddr, vaddr, filesz, memsz, align;
    };
    std::vector<load> loads = {{0x80000000, 0xffffffd600000000, 0x2000, 0x2000, 0}};
    uint64_t alignment = 4096; ///< of the segments' offsets
    struct registers {
        uint32_t size, pid_offset, pid;
    };
    std::vector<registers> harts = {{376, 32, 1}, {376, 32, 2}};
    std::string register_owner = "CORE";
    bool qemu_note = false;
    std::vector<std::string> vmcoreinfos;
    uint64_t cut = 0; ///< bytes that are missing at the end

    core_recipe();
    std::vector<uint8_t> make() const;
};

/// A raw kdump file of riscv64 that every reader opens.
struct kdump_recipe {
    unsigned word = 8;
    byte_order order = byte_order::little;
    uint32_t version = 6, status = 1, block_size = 4096;
    std::vector<std::string> utsname = {"Linux", "(none)", "6.12.1", "#1 SMP", "riscv64"};
    uint64_t phys_base = 0x80000000;
    uint64_t max_mapnr = 0x80010;
    uint64_t first_page = 0x80000;
    bool page_0 = false; ///< the first of `pages` is page 0, and the others begin at first_page
    struct page {
        uint64_t offset; ///< 0: where the data is
        uint32_t size, flags;
    };
    std::vector<page> pages = {{0, 4096, 0}, {0, 100, 1}, {0, 200, 2}};
    std::string vmcoreinfo;
    uint32_t register_size = 0;             ///< bytes of NT_PRSTATUS; 0: riscv's
    bool has_note = true, has_place = true; ///< of VMCOREINFO: the note, the sub-header's offset_vmcoreinfo
    uint64_t cut = 0;

    kdump_recipe();
    std::vector<uint8_t> make() const;
};

/// What a Linux kernel of riscv64 writes, as far as readers need it.
std::vector<std::pair<std::string, std::string>> riscv64_keys();
std::string text_of(const std::vector<std::pair<std::string, std::string>>& keys);
/// The same without one key, or with another value of it.
std::string text_without(const std::string& key);
std::string text_with(const std::string& key, const std::string& value);

std::vector<uint8_t> flatten(const std::vector<uint8_t>& file, size_t piece);

lint_report judge_bytes(const std::vector<uint8_t>& bytes);
verdict verdict_of(const lint_report& report, reader which);
std::vector<std::string> finding_ids(const lint_report& report);
/// All readers that say neither yes nor unsupported, as "crash no, gdb partly".
std::string unhappy(const lint_report& report);

} // namespace vmcore::lint::testing
