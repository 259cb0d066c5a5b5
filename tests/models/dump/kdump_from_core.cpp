// Writes a kdump file of the machine that an ELF core shows: its PT_LOADs are memory, its notes are the
// notes. So one state can be dumped by QEMU and by us, and readers can be asked about it.
//
// usage: kdump_from_core CORE OUTPUT FORMAT TARGET portable|qemu [THREADS]
//
// CORE is ELF64, little-endian. OUTPUT "-" is standard output. Prints the size and what it took.

#include "models/dump/kdump.h"
#include "models/dump/note.h"
#include "models/tlm/endian.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemc>
#include <unistd.h>

using namespace vmcore;

namespace {

constexpr uint16_t em_386 = 3;

class core_file {
public:
    explicit core_file(const char* path) {
        const int file = ::open(path, O_RDONLY | O_CLOEXEC);
        struct stat status;
        if (file < 0 || ::fstat(file, &status) != 0)
            throw std::runtime_error(std::string("cannot read ") + path);
        m_size = static_cast<uint64_t>(status.st_size);
        void* bytes = ::mmap(nullptr, m_size, PROT_READ, MAP_PRIVATE, file, 0);
        ::close(file);
        if (bytes == MAP_FAILED || m_size < 64 || std::memcmp(bytes, "\177ELF\2\1", 6) != 0)
            throw std::runtime_error(std::string(path) + " is not a little-endian ELF64 file");
        m_bytes = static_cast<const uint8_t*>(bytes);
        const uint64_t headers = number(32, 8), count = number(56, 2);
        for (uint64_t at = headers; at < headers + count * 56; at += 56) {
            const uint64_t type = number(at, 4), offset = number(at + 8, 8), size = number(at + 32, 8);
            const uint8_t* content = place(offset, size);
            if (type == 4)
                notes.assign(content, content + size);
            else if (type == 1 && size != 0)
                ranges.push_back({number(at + 24, 8), size, content});
        }
    }

    uint16_t machine() const { return static_cast<uint16_t>(number(18, 2)); }

    std::vector<uint8_t> notes;
    std::vector<memory_range> ranges;

private:
    const uint8_t* place(uint64_t offset, uint64_t size) const {
        if (offset > m_size || size > m_size - offset)
            throw std::runtime_error("the core is cut off");
        return m_bytes + offset;
    }
    uint64_t number(uint64_t offset, unsigned width) const {
        return load_bytes(place(offset, width), width, byte_order::little);
    }

    const uint8_t* m_bytes = nullptr;
    uint64_t m_size = 0;
};

class no_memory : public guest_memory {
public:
    std::vector<memory_range> ranges() const override { return {}; }
    uint64_t read(uint64_t, void*, uint64_t) const override {
        throw std::logic_error("all memory has host pointers");
    }
};

void describe_guest(kdump_job& job) {
    const byte_order order = job.target->order;
    for (size_t at = 0; at + 12 <= job.notes.size();) {
        const uint64_t name_size = load_bytes(&job.notes[at], 4, order);
        const uint64_t size = load_bytes(&job.notes[at + 4], 4, order);
        const std::string name(reinterpret_cast<const char*>(&job.notes.at(at + 12)), name_size);
        const size_t descriptor = at + 12 + (name_size + 3) / 4 * 4;
        job.cpus += name == std::string("CORE\0", 5) && load_bytes(&job.notes[at + 8], 4, order) == 1;
        if (name == std::string("VMCOREINFO\0", 11)) {
            const std::string text(reinterpret_cast<const char*>(&job.notes.at(descriptor)), size);
            job.phys_base = build_vmcoreinfo_note(text, *job.target, job.layout).phys_base;
        }
        at = descriptor + (size + 3) / 4 * 4;
    }
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

void convert(int argc, char** argv) {
    const std::string output = argv[2];
    const core_file core(argv[1]);
    kdump_job job;
    const auto format = find_kdump_format(argv[3]);
    if (!format)
        throw std::runtime_error("unknown format");
    job.format = *format;
    // A CPU of x86_64 that is not in long mode is dumped as one of i386.
    dump_target target = find_dump_target(core.machine() == em_386 ? "i386" : argv[4]);
    target.file_class = elf_class::elf64;
    job.target = &target;
    job.ranges = core.ranges;
    job.notes = core.notes;
    job.layout = std::string(argv[5]) == "qemu" ? dump_layout::qemu : dump_layout::portable;
    job.threads = argc > 6 ? static_cast<unsigned>(std::atoi(argv[6])) : 0;
    describe_guest(job);

    const auto begin = std::chrono::steady_clock::now();
    kdump_outcome outcome;
    if (output == "-") {
        opened_file given(::dup(STDOUT_FILENO), "standard output");
        output_file file(given);
        outcome = write_kdump(file, job, no_memory());
        file.commit(false);
    } else {
        output_file file(output);
        outcome = write_kdump(file, job, no_memory());
        file.commit(false);
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    rusage usage;
    ::getrusage(RUSAGE_SELF, &usage);
    std::fprintf(stderr, "%llu bytes, %.3f s wall, %.3f s cpu\n",
                 static_cast<unsigned long long>(outcome.bytes), wall.count(),
                 seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

} // namespace

// SystemC's library brings main().
int sc_main(int argc, char** argv) {
    if (argc < 6) {
        std::fprintf(stderr, "usage: %s CORE OUTPUT FORMAT TARGET portable|qemu [THREADS]\n", argv[0]);
        return 2;
    }
    try {
        convert(argc, argv);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
