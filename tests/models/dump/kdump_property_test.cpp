// Random machines: a reader finds in a kdump file each page that has a byte of memory, and no other, whatever
// the codec, the form, the number of threads and the way to the memory.

#include "models/dump/dumper.h"
#include "models/dump/kdump.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/kdump_reader.h"
#include "tests/models/dump/temporary_directory.h"

#include <gtest/gtest.h>
#include <map>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

using namespace vmcore;
using namespace vmcore::test;

namespace {

// Runs of zeros, of text and of noise, often on a page's border.
std::string random_bytes(uint64_t size) {
    std::string bytes(size, '\0');
    for (int spot = *rc::gen::inRange(0, 4); spot > 0; --spot) {
        uint64_t at = *rc::gen::inRange<uint64_t>(0, size);
        if (*rc::gen::arbitrary<bool>())
            at -= at % 4096;
        const bool noise = *rc::gen::arbitrary<bool>();
        const uint64_t end = std::min(size, at + *rc::gen::inRange<uint64_t>(1, 9000));
        uint64_t state = at + 1;
        for (; at < end; ++at) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[at] = static_cast<char>(noise ? state >> 56 : at / 100);
        }
    }
    return bytes;
}

uint64_t random_distance() {
    return *rc::gen::weightedOneOf<uint64_t>({{3, rc::gen::just<uint64_t>(0)},
                                              {3, rc::gen::inRange<uint64_t>(1, 100)},
                                              {2, rc::gen::element<uint64_t>(4096, 65536, 0x7000)},
                                              {1, rc::gen::just<uint64_t>(1ull << 32)}});
}

// Fills memory, and tells what each page must hold.
std::map<uint64_t, std::string> fill(fake_memory& memory, uint64_t page_size) {
    std::map<uint64_t, std::string> pages;
    uint64_t base = *rc::gen::element<uint64_t>(0, 0x1000, 0x80000000, 0xfffff800);
    for (int count = *rc::gen::inRange(1, 7); count > 0; --count) {
        const uint64_t size =
            *rc::gen::weightedOneOf<uint64_t>({{3, rc::gen::inRange<uint64_t>(1, 20000)},
                                               {2, rc::gen::inRange<uint64_t>(1, 200)},
                                               {1, rc::gen::just<uint64_t>(4096)},
                                               {1, rc::gen::just<uint64_t>((1 << 20) + 1)}});
        const std::string bytes = random_bytes(size);
        std::memcpy(memory.add(base, size), bytes.data(), size);
        for (uint64_t i = 0; i < size; ++i) {
            std::string& page = pages[(base + i) / page_size];
            page.resize(page_size);
            page[(base + i) % page_size] = bytes[i];
        }
        base += size + random_distance();
    }
    memory.by_copy = *rc::gen::arbitrary<bool>();
    return pages;
}

RC_GTEST_PROP(kdump_property, a_reader_finds_every_page_of_memory_and_no_other, ()) {
    const dump_target& target = find_dump_target(*rc::gen::element<std::string>("aarch64", "riscv32"));
    const uint64_t page_size = *rc::gen::elementOf(target.page_sizes);
    fake_memory memory;
    const auto expected = fill(memory, page_size);
    // The note is where it adds no page: outside of what is dumped.
    kdump_job job;
    const std::string name = *rc::gen::elementOf(kdump_formats());
    RC_CLASSIFY(true, name);
    job.format = *find_kdump_format(name);
    job.target = &target;
    job.ranges = memory.ranges();
    job.notes = guest_note_bytes(vmcoreinfo_name, "PAGESIZE=" + std::to_string(page_size) + "\n");
    job.threads = *rc::gen::inRange(1u, 4u);
    const bool wide = job.target->file_class == elf_class::elf64;
    uint64_t memory_bytes = 0, done = 0;
    for (const memory_range& range : job.ranges)
        memory_bytes += range.size;
    job.on_progress = [&done](uint64_t bytes) { done += bytes; };

    temporary_directory directory;
    output_file file(directory / "vmcore");
    const kdump_outcome outcome = write_kdump(file, job, memory);
    file.commit(false);

    const std::string bytes = read_file(directory / "vmcore");
    RC_ASSERT(outcome.bytes == bytes.size());
    RC_ASSERT(outcome.warnings.empty());
    RC_ASSERT(done == memory_bytes);
    const kdump_reader reader(bytes, wide);
    RC_ASSERT(reader.flattened == job.format.flattened);
    RC_ASSERT(reader.status == static_cast<uint64_t>(job.format.codec));
    RC_ASSERT(reader.block_size == page_size);
    RC_ASSERT(reader.max_mapnr_64 == expected.rbegin()->first + 1);
    RC_ASSERT(reader.max_mapnr == reader.max_mapnr_64);
    RC_ASSERT(reader.bitmaps[0] == reader.bitmaps[1]);
    RC_ASSERT(reader.pages.size() == expected.size());
    const uint64_t zero_offset = reader.data_offset;
    RC_ASSERT(reader.bytes().substr(zero_offset, page_size) == std::string(page_size, '\0'));
    uint64_t next = zero_offset + page_size;
    size_t index = 0;
    for (const auto& [number, content] : expected) {
        const kdump_reader::descriptor& descriptor = reader.descriptors[index];
        RC_ASSERT(reader.pages[index] == number);
        RC_ASSERT(reader.page(index) == content);
        RC_ASSERT(descriptor.flags == (descriptor.size == page_size ? 0 : reader.status));
        RC_ASSERT(descriptor.size <= page_size);
        RC_ASSERT(descriptor.page_flags == 0u);
        if (content == std::string(page_size, '\0')) {
            RC_ASSERT(descriptor.offset == zero_offset);
        } else {
            RC_ASSERT(descriptor.offset == next);
            next += descriptor.size;
        }
        ++index;
    }
    RC_ASSERT(reader.bytes().size() == next);
}

} // namespace
