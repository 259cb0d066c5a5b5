#pragma once

#include "models/dump/output_file.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vmcore {

/// Bytes for one place of a kdump file. There is room in front of them for the header of a flattened record,
/// so that both go out in one system call.
class kdump_record {
public:
    static constexpr size_t header_size = 16;

    uint8_t* data() { return m_bytes.data() + header_size; }
    uint8_t* header() { return m_bytes.data(); }
    size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }

    /// Makes data() so many bytes long at least, of which size() are in use. What they hold is kept.
    void reserve(size_t bytes) {
        if (m_bytes.size() < header_size + bytes)
            m_bytes.resize(header_size + bytes);
    }
    void resize(size_t bytes) {
        reserve(bytes);
        m_size = bytes;
    }
    void append(const void* from, size_t length);
    void clear() { m_size = 0; }

private:
    std::vector<uint8_t> m_bytes = std::vector<uint8_t>(header_size);
    size_t m_size = 0;
};

/// The bytes of a kdump file on their way into an output file. Errors are output_file's.
class kdump_output {
public:
    explicit kdump_output(output_file& file)
        : m_file(file) {}
    virtual ~kdump_output() = default;
    kdump_output(const kdump_output&) = delete;
    kdump_output& operator=(const kdump_output&) = delete;

    /// Puts the record's bytes at `offset` of the kdump file; what no record covers is zeros. Its header()
    /// may change.
    virtual void write(uint64_t offset, kdump_record& record) = 0;
    /// Whether bytes can be written again, with other values.
    virtual bool can_rewrite() const = 0;
    /// Nothing comes after this.
    virtual void finish() = 0;
    /// Bytes of the output file so far.
    virtual uint64_t size() const = 0;

protected:
    output_file& m_file;
};

/// Each byte at its place.
class raw_output : public kdump_output {
public:
    using kdump_output::kdump_output;
    void write(uint64_t offset, kdump_record& record) override;
    bool can_rewrite() const override { return true; }
    void finish() override {}
    uint64_t size() const override { return m_size; }

private:
    uint64_t m_size = 0;
};

/// makedumpfile's flattened format, for pipes: strictly front to back. A file header of 4096 bytes, then
/// records of offset, length and bytes, then one of offset and length -1. `makedumpfile -R` makes the other
/// form of it.
class flattened_output : public kdump_output {
public:
    explicit flattened_output(output_file& file);
    void write(uint64_t offset, kdump_record& record) override;
    bool can_rewrite() const override { return false; }
    void finish() override;
    uint64_t size() const override { return m_size; }

private:
    void put(const uint8_t* bytes, size_t length);

    uint64_t m_size = 0;
    bool m_broken = false; ///< by a failed write: what came through of it is not known
};

} // namespace vmcore
