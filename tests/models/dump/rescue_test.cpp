#include "models/dump/note.h"
#include "models/dump/rescue.h"
#include "models/dump/rescue_scan.h"
#include "models/dump/vmcoreinfo_text.h"
#include "tests/models/dump/kernel_guest.h"

#include <chrono>
#include <gmock/gmock.h>
#include <sys/mman.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

constexpr uint64_t base = 0x80000000;
constexpr uint64_t size = 8 << 20;

class rescue_test : public testing::Test {
protected:
    rescue_test()
        : bytes(memory.add(base, size)) {}

    void put_text(uint64_t offset, const std::string& text) {
        std::memcpy(bytes + offset, text.data(), text.size());
    }
    void put_note(uint64_t offset, const std::string& text) {
        const std::vector<uint8_t> note = guest_note_bytes(vmcoreinfo_name, text);
        std::memcpy(bytes + offset, note.data(), note.size());
    }
    std::vector<rescue_candidate> find(const char* target = "riscv64") const {
        return find_vmcoreinfo(target_named(target), memory);
    }

    fake_memory memory;
    uint8_t* bytes;
};

TEST_F(rescue_test, nothing_is_found_in_memory_without_a_kernel) {
    EXPECT_THAT(find(), IsEmpty());
    put_text(0x100, "OSRELEASE=6.1\n"); // no header, not at the start of a page
    put_text(0x2000, "OSRELEASE");
    put_text(0x3000, "OSRELEASE=6.1\x01\n");
    EXPECT_THAT(find(), IsEmpty());
}

TEST_F(rescue_test, a_note_is_found_at_any_word) {
    put_note(0x1234, "OSRELEASE=6.1\nPAGESIZE=4096\n");
    const auto found = find();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].paddr, base + 0x1234);
    EXPECT_TRUE(found[0].is_note);
    EXPECT_EQ(found[0].text, "OSRELEASE=6.1\nPAGESIZE=4096\n");
    const guest_note note =
        read_guest_note(elf_record(found[0].paddr, found[0].size), memory, find_dump_target("riscv64"));
    EXPECT_TRUE(note.is_vmcoreinfo);
    EXPECT_THAT(note.warnings, IsEmpty());
    EXPECT_EQ(note.note->bytes.size(), found[0].size);
}

TEST_F(rescue_test, a_text_without_a_note_is_found_at_the_start_of_a_page) {
    put_text(0x3000, "OSRELEASE=6.1\nPAGESIZE=4096\nSYMBOL(cut off");
    const auto found = find();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].paddr, base + 0x3000);
    EXPECT_EQ(found[0].size, 28u);
    EXPECT_FALSE(found[0].is_note);
    EXPECT_EQ(found[0].text, "OSRELEASE=6.1\nPAGESIZE=4096\n");
}

TEST_F(rescue_test, notes_that_are_not_sound_are_not_candidates) {
    const std::string text = "OSRELEASE=6.1\n";
    const auto spoil = [&](size_t at, uint8_t value) {
        put_note(0x1000, text);
        bytes[0x1000 + at] = value;
        const bool found = !find().empty();
        std::memset(bytes + 0x1000, 0, 64);
        return found;
    };
    EXPECT_TRUE(spoil(0, 11)) << "as it is";
    EXPECT_FALSE(spoil(0, 10)) << "size of the name";
    EXPECT_FALSE(spoil(1, 1)) << "size of the name";
    EXPECT_FALSE(spoil(4, 0)) << "empty descriptor";
    EXPECT_FALSE(spoil(6, 2)) << "descriptor of 128 KiB";
    EXPECT_FALSE(spoil(8, 1)) << "type";
    EXPECT_FALSE(spoil(12, 'v')) << "name";
    EXPECT_FALSE(spoil(22, 'O')) << "name without its terminator";
    EXPECT_FALSE(spoil(30, 0x7f)) << "text";
    put_note(0x1000, "OSRELEASE=6.1\nA=1\nB\n");
    EXPECT_THAT(find(), IsEmpty()) << "a line without a key";
}

TEST_F(rescue_test, a_note_that_passes_the_end_of_memory_is_not_a_candidate) {
    put_note(size - 24 - 16, "OSRELEASE=6.1\nA="); // just fits
    EXPECT_THAT(find(), SizeIs(1));
    bytes[size - 24 - 16 + 4] = 17;
    EXPECT_THAT(find(), IsEmpty());
    put_text(size - 10, "OSRELEASE=");
    put_text(size - 24 - 16, std::string(40, '\0'));
    EXPECT_THAT(find(), IsEmpty());
}

TEST_F(rescue_test, the_byte_order_is_the_targets) {
    put_note(0x1000, "OSRELEASE=6.1\n");
    dump_target big = target_named("riscv64");
    big.order = byte_order::big;
    EXPECT_THAT(find_vmcoreinfo(big, memory), IsEmpty());
    const std::vector<uint8_t> header = {0, 0, 0, 11, 0, 0, 0, 14, 0, 0, 0, 0};
    std::memcpy(bytes + 0x1000, header.data(), header.size());
    EXPECT_THAT(find_vmcoreinfo(big, memory), SizeIs(1));
}

TEST_F(rescue_test, the_kernel_that_is_there_proves_its_note) {
    const kernel_guest kernel = riscv64_kernel();
    kernel.boot(bytes);
    put_text(0x3000, kernel.text());
    put_note(0x5000, kernel.text());
    put_note(0x1000, "OSRELEASE=6.12.1\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffffffff80080000\n");
    put_note(0x2000, "OSRELEASE=6.12.1\nPAGESIZE=4096\n");
    const auto found = find();
    ASSERT_THAT(found, SizeIs(4));
    EXPECT_EQ(found[0].paddr, base + 0x5000);
    EXPECT_EQ(found[1].paddr, base + 0x3000) << "the same as text";
    EXPECT_EQ(found[2].paddr, base + 0x1000) << "keys to find the tables with are missing";
    EXPECT_EQ(found[3].paddr, base + 0x2000) << "no reader opens it";
    EXPECT_THAT(found[0].reasons,
                ElementsAre("has OSRELEASE, PAGESIZE and SYMBOL(swapper_pg_dir)",
                            "the kernel's page tables are at 0x80280000", "3 of its 3 symbols are mapped",
                            "the kernel there calls itself 6.12.1",
                            "\"Linux version 6.12.1\" is at 0x80220000", "a note"));
    EXPECT_THAT(found[1].reasons, Contains("a text without a note's header"));
    EXPECT_THAT(found[2].reasons, Contains("VMCOREINFO has no NUMBER(PAGE_OFFSET)"));
    EXPECT_THAT(found[3].reasons, Contains(HasSubstr("has no good SYMBOL(swapper_pg_dir)")));
}

TEST_F(rescue_test, of_two_boots_the_one_whose_tables_are_alive_wins) {
    // The same kernel ran before at another address, of which the tables are no longer there.
    const kernel_guest alive = x86_64_kernel();
    kernel_guest earlier = alive;
    earlier.link += 0x3000000;
    fake_memory guest;
    bytes = guest.add(0, size);
    alive.boot(bytes);
    put_note(0x1000, earlier.text() + "KERNELOFFSET=4000000\n");
    put_note(0x5000, alive.text() + "KERNELOFFSET=1000000\n");
    const auto found = find_vmcoreinfo(find_dump_target("x86_64"), guest);
    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0].paddr, 0x5000u);
    EXPECT_THAT(found[1].reasons, Contains(HasSubstr("the kernel's page tables are not at ")));
}

TEST_F(rescue_test, of_two_releases_the_one_that_answers_wins) {
    const kernel_guest kernel = riscv64_kernel();
    kernel.boot(bytes, "6.12.2");
    put_text(0x2f0000, "Linux version 6.12.1 (in a log)");
    put_note(0x1000, kernel.text("6.12.1"));
    put_note(0x5000, kernel.text("6.12.2"));
    const auto found = find();
    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0].paddr, base + 0x5000);
    EXPECT_THAT(found[1].reasons, Contains(HasSubstr("no kernel of this release")));
}

TEST_F(rescue_test, without_known_tables_a_banner_decides_and_then_the_lower_address) {
    const std::string keys = "\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=c0080000\n";
    put_note(0x1000, "OSRELEASE=5.1" + keys);
    put_note(0x2000, "OSRELEASE=5.2" + keys);
    put_note(0x3000, "OSRELEASE=5.2" + keys);
    put_text(0x10004, "Linux version 5.2 (me)");
    const auto found = find("arm");
    ASSERT_THAT(found, SizeIs(3));
    EXPECT_EQ(found[0].paddr, base + 0x2000);
    EXPECT_EQ(found[1].paddr, base + 0x3000);
    EXPECT_EQ(found[2].paddr, base + 0x1000);
}

TEST_F(rescue_test, memory_without_pointers_is_found_across_chunks) {
    const kernel_guest kernel = riscv64_kernel();
    kernel.boot(bytes);
    put_note(0x100000 - 30, std::string(2, '\0')); // nothing at the border yet
    std::memset(bytes + 0x100000 - 30, 0, 40);
    put_note(0x100000 - 28, kernel.text()); // the text begins 4 bytes before a MiB
    put_text(0x500000 - 8, "Linux version 9.9 (at a border)");
    const auto direct = find();
    const auto banners = scan_for_vmcoreinfo(memory, byte_order::little).banners;
    memory.by_copy = true;
    const auto copied = find();
    ASSERT_THAT(copied, SizeIs(1));
    EXPECT_EQ(copied[0].paddr, base + 0x100000 - 28);
    EXPECT_EQ(copied[0].text, kernel.text());
    EXPECT_EQ(copied[0].reasons, direct[0].reasons);
    EXPECT_EQ(scan_for_vmcoreinfo(memory, byte_order::little).banners, banners);
    EXPECT_EQ(banners.count("9.9"), 1u);
}

TEST_F(rescue_test, a_range_may_begin_at_any_byte) {
    fake_memory odd;
    uint8_t* start = odd.add(base + 3, 0x100);
    const std::vector<uint8_t> note = guest_note_bytes(vmcoreinfo_name, "OSRELEASE=6.1\n");
    std::memcpy(start + 0x21, note.data(), note.size());
    const auto found = find_vmcoreinfo(find_dump_target("riscv64"), odd);
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].paddr, base + 0x24);
}

/// Memory that only what is written to takes room.
class lazy_memory : public guest_memory {
public:
    explicit lazy_memory(uint64_t length)
        : m_length(length) {
        void* place = ::mmap(nullptr, length, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (place == MAP_FAILED)
            throw std::runtime_error("no address space");
        m_bytes = static_cast<uint8_t*>(place);
    }
    ~lazy_memory() override { ::munmap(m_bytes, m_length); }
    uint8_t* bytes() { return m_bytes; }
    std::vector<memory_range> ranges() const override { return {{base, m_length, m_bytes}}; }
    uint64_t read(uint64_t paddr, void* to, uint64_t length) const override {
        std::memset(to, 0, length);
        const uint64_t offset = paddr - base;
        const uint64_t mapped = offset < m_length ? std::min(length, m_length - offset) : 0;
        std::memcpy(to, m_bytes + offset, mapped);
        return mapped;
    }

private:
    uint64_t m_length;
    uint8_t* m_bytes;
};

TEST(hostile_memory, a_million_fake_notes_cost_little_time_and_room) {
    lazy_memory memory(64 << 20);
    const kernel_guest kernel = riscv64_kernel();
    kernel.boot(memory.bytes());
    const std::vector<uint8_t> real = guest_note_bytes(vmcoreinfo_name, kernel.text());
    std::memcpy(memory.bytes() + 0x1000, real.data(), real.size());
    const std::vector<uint8_t> fake = guest_note_bytes(vmcoreinfo_name, "OSRELEASE=6\nPAGESIZE=1\n");
    for (uint64_t at = 8 << 20; at + fake.size() < 64 << 20; at += fake.size())
        std::memcpy(memory.bytes() + at, fake.data(), fake.size());
    const auto before = std::chrono::steady_clock::now();
    const auto found = find_vmcoreinfo(find_dump_target("riscv64"), memory);
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
    ASSERT_THAT(found, SizeIs(most_rescue_candidates));
    EXPECT_EQ(found[0].paddr, base + 0x1000);
    const rescue_scan scan = scan_for_vmcoreinfo(memory, byte_order::little);
    EXPECT_GT(scan.traces_left_out, 1000000u);
}

TEST(hostile_memory, headers_that_claim_all_that_follows_are_looked_at_once) {
    // Each header claims 64 KiB, in which the next headers are; then texts that never end.
    lazy_memory memory(32 << 20);
    std::vector<uint8_t> header = guest_note_bytes(vmcoreinfo_name, "OSRELEASE=6\n");
    header[6] = 1;
    header[4] = 0;
    for (uint64_t at = 0; at + 64 < 16 << 20; at += header.size())
        std::memcpy(memory.bytes() + at, header.data(), header.size());
    for (uint64_t at = 16 << 20; at < 32 << 20; at += 16)
        std::memcpy(memory.bytes() + at, "OSRELEASE=6....\n", 16);
    const auto before = std::chrono::steady_clock::now();
    const auto found = find_vmcoreinfo(find_dump_target("riscv64"), memory);
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
    for (const rescue_candidate& candidate : found)
        EXPECT_LE(candidate.text.size(), 65536u);
    const auto traces = scan_for_vmcoreinfo(memory, byte_order::little).traces;
    const auto in_second_half = [](const vmcoreinfo_trace& trace) {
        return trace.text_paddr >= base + (16 << 20);
    };
    EXPECT_EQ(std::count_if(traces.begin(), traces.end(), in_second_half), (16 << 20) / 65536)
        << "none was looked at more than once";
}

TEST(hostile_memory, thousands_of_long_and_complete_texts_are_judged_in_seconds) {
    constexpr uint64_t room = 65536 + 32;
    lazy_memory memory(2000 * room + 4096);
    const kernel_guest kernel = riscv64_kernel();
    kernel.boot(memory.bytes());
    std::string text = "OSRELEASE=6\n";
    while (text.size() < 60000)
        text += "A=0123456789\n";
    const std::vector<uint8_t> note = guest_note_bytes(vmcoreinfo_name, text + kernel.text());
    for (uint64_t at = 8 << 20; at + note.size() < 2000 * room; at += room)
        std::memcpy(memory.bytes() + at, note.data(), note.size());
    const auto before = std::chrono::steady_clock::now();
    const auto found = find_vmcoreinfo(find_dump_target("riscv64"), memory);
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
    EXPECT_THAT(found, SizeIs(most_rescue_candidates));
}

TEST(hostile_memory, banners_are_bounded) {
    lazy_memory memory(1 << 20);
    for (uint64_t i = 0; i < 10000; ++i)
        std::snprintf(reinterpret_cast<char*>(memory.bytes()) + 64 * i, 64, "Linux version %u.0 (x)",
                      static_cast<unsigned>(i));
    EXPECT_LE(scan_for_vmcoreinfo(memory, byte_order::little).banners.size(), 256u);
}

} // namespace
