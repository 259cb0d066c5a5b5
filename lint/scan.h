#pragma once

#include "lint/dump_file.h"

#include <unordered_set>

namespace vmcore::lint {

/// Notes, one after the other, into facts.notes. A note's owner and descriptor are padded to 4 bytes in both
/// ELF classes. `facts` must tell the architecture and the byte order already.
class note_scanner {
public:
    note_scanner(const byte_source& file, dump_facts& facts)
        : m_file(file)
        , m_facts(facts) {}

    /// May be called for several places of the file.
    /// @throws not_a_dump: more notes in all than a dump can have
    void scan(uint64_t offset, uint64_t size);

private:
    std::string owner(uint64_t offset, uint32_t size) const;
    void look_at(const std::string& name, uint32_t type, uint64_t desc_at, uint32_t size);
    bool is_of_a_cpu(const std::string& name, uint32_t type, uint32_t size) const;
    void keep_text(uint64_t offset, uint64_t size);
    void look_at_registers(uint64_t desc_at, uint32_t size);

    const byte_source& m_file;
    dump_facts& m_facts;
    std::unordered_set<uint32_t> m_pids;
    uint64_t m_seen = 0;
};

/// The architecture whose NT_PRSTATUS the first note at `offset` is, known by its length; else `unknown`.
architecture architecture_by_first_note(const byte_source& file, uint64_t offset, byte_order order);

/// Fill in `facts` of a file whose first bytes are those of the format.
void scan_elf(const byte_source& file, dump_facts& facts);
void scan_kdump(const byte_source& file, dump_facts& facts);

/// Numbers of the file's byte order at fixed places of a header.
class header_view {
public:
    header_view(const uint8_t* bytes, byte_order order)
        : m_bytes(bytes)
        , m_order(order) {}
    uint64_t number(size_t offset, unsigned width) const {
        return load_bytes(m_bytes + offset, width, m_order);
    }
    uint16_t half(size_t offset) const { return static_cast<uint16_t>(number(offset, 2)); }
    uint32_t word(size_t offset) const { return static_cast<uint32_t>(number(offset, 4)); }
    uint64_t wide(size_t offset) const { return number(offset, 8); }

private:
    const uint8_t* m_bytes;
    byte_order m_order;
};

} // namespace vmcore::lint
