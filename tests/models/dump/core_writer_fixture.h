#pragma once

#include "models/dump/core_writer.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/temporary_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vmcore::test {

constexpr uint64_t mib = 1 << 20;
inline const std::vector<uint8_t> some_note = guest_note_bytes(std::string("TEST\0", 5), "some text", 3);

/// Noise and zeros by turns, in runs of all lengths.
inline uint8_t* add_noise(fake_memory& memory, uint64_t base, uint64_t size) {
    uint8_t* bytes = memory.add(base, size);
    for (uint64_t i = 0; i < size; ++i)
        if ((i >> 12) * 2654435761u >> 7 & (i >> 16 & 3))
            bytes[i] = static_cast<uint8_t>(i * 2654435761u >> 11);
    return bytes;
}

inline uint64_t disk_bytes(const std::string& file) {
    struct stat status;
    return ::stat(file.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_blocks) * 512 : 0;
}

/// Memory, and a core of it.
class core_writer_test : public testing::Test {
protected:
    void write(const std::string& to, const core_options& options, dump_layout style = dump_layout::portable,
               file_operations& calls = file_operations::system()) {
        ::unlink(to.c_str()); // a rename over a file may wait for the disk
        output_file file(to, calls);
        write_into(file, options, style);
        file.commit(false);
    }
    void write_into(output_file& file, const core_options& options, dump_layout style) {
        const dump_target& target = find_dump_target("riscv64");
        layout = lay_out_core(target, some_note.size(), memory.ranges(), {}, style);
        write_core(file, target, layout, some_note, memory, options);
    }

    temporary_directory directory;
    const std::string path = directory / "vmcore";
    fake_memory memory;
    core_layout layout;
};

} // namespace vmcore::test
