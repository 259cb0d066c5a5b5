#pragma once

#include "platform/virt/memory_map.h"

#include <cstddef>
#include <cstdint>
#include <libfdt.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace vmcore::virt {

/// Writes the nodes and properties of a flattened device tree in order; a node ends with the object that
/// began it. Its calls throw std::logic_error when the room does not suffice.
class fdt_writer {
public:
    explicit fdt_writer(size_t room)
        : m_blob(room) {
        check(fdt_create(m_blob.data(), static_cast<int>(m_blob.size())));
        check(fdt_finish_reservemap(m_blob.data()));
    }

    class node {
    public:
        node(fdt_writer& writer, const std::string& name)
            : m_blob(writer.m_blob.data()) {
            check(fdt_begin_node(m_blob, name.c_str()));
        }
        ~node() { fdt_end_node(m_blob); }
        node(const node&) = delete;
        node& operator=(const node&) = delete;

        void flag(const char* name) { check(fdt_property(m_blob, name, nullptr, 0)); }
        void text(const char* name, const std::string& value) {
            check(fdt_property(m_blob, name, value.c_str(), static_cast<int>(value.size() + 1)));
        }
        void texts(const char* name, const std::vector<std::string>& values) {
            std::string all;
            for (const std::string& value : values)
                all += value + '\0';
            check(fdt_property(m_blob, name, all.data(), static_cast<int>(all.size())));
        }
        void cells(const char* name, const std::vector<uint32_t>& values) {
            std::vector<fdt32_t> all;
            for (const uint32_t value : values)
                all.push_back(cpu_to_fdt32(value));
            check(fdt_property(m_blob, name, all.data(), static_cast<int>(all.size() * sizeof(fdt32_t))));
        }
        void double_cell(const char* name, uint64_t value) {
            cells(name, {uint32_t(value >> 32), uint32_t(value)});
        }
        void address_and_size(const region& where) {
            cells("reg", {uint32_t(where.base >> 32), uint32_t(where.base), uint32_t(where.size >> 32),
                          uint32_t(where.size)});
        }

    private:
        void* m_blob;
    };

    std::vector<uint8_t> finish() {
        check(fdt_finish(m_blob.data()));
        m_blob.resize(fdt_totalsize(m_blob.data()));
        return std::move(m_blob);
    }

private:
    static void check(int result) {
        if (result < 0)
            throw std::logic_error(std::string("device tree: ") + fdt_strerror(result));
    }

    std::vector<uint8_t> m_blob;
};

} // namespace vmcore::virt
