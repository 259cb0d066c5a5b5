// Which note goes into the dump of a machine with a Linux kernel in memory, and where its memory is then
// seen.

#include "models/dump/dumper.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/kernel_guest.h"
#include "tests/models/dump/temporary_directory.h"

#include <gmock/gmock.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

class dumper_kernel_test : public testing::Test {
protected:
    dumper_kernel_test() {
        kernel.boot(ram);
        put_note(0x5000, kernel.text());
        request.file = directory / "vmcore";
        request.rescue = true;
    }

    void put_note(uint64_t offset, const std::string& text, const std::string& name = vmcoreinfo_name) {
        memory.put(kernel.memory_base + offset, guest_note_bytes(name, text));
    }
    void publish(uint64_t offset) { vmcoreinfo.value = elf_record(kernel.memory_base + offset, 4096); }

    elf_reader dump() {
        result = engine.write(request);
        return elf_reader(request.file);
    }
    /// The texts of the notes that are nobody's but the guest's.
    static std::vector<std::string> guest_notes(const elf_reader& core) {
        std::vector<std::string> texts;
        for (const elf_reader::note& note : core.notes)
            if (note.name != std::string("CORE\0", 5))
                texts.push_back(note.desc);
        return texts;
    }

    const kernel_guest kernel = riscv64_kernel();
    temporary_directory directory;
    fake_memory memory;
    uint8_t* ram = memory.add(kernel.memory_base, kernel_guest::size);
    fake_vmcoreinfo vmcoreinfo;
    dumper engine{"dumper", memory, &vmcoreinfo, {}};
    dump_request request;
    dump_result result;
};

TEST_F(dumper_kernel_test, what_the_kernel_published_maps_its_addresses) {
    publish(0x5000);
    request.rescue = false;
    const elf_reader core = dump();
    EXPECT_THAT(result.warnings, IsEmpty());
    ASSERT_GT(core.loads().size(), 1u);
    EXPECT_EQ(core.loads()[0].vaddr, kernel.linear_map);
    EXPECT_EQ(core.loads()[0].paddr, kernel.memory_base);
}

TEST_F(dumper_kernel_test, qemus_layout_knows_physical_addresses_only) {
    publish(0x5000);
    request.layout = dump_layout::qemu;
    const elf_reader core = dump();
    ASSERT_EQ(core.loads().size(), 1u);
    EXPECT_EQ(core.loads()[0].vaddr, kernel.memory_base);
}

TEST_F(dumper_kernel_test, a_rescue_finds_what_was_not_published) {
    const elf_reader core = dump();
    EXPECT_THAT(guest_notes(core), ElementsAre(kernel.text()));
    EXPECT_EQ(core.loads()[0].vaddr, kernel.linear_map);
    EXPECT_THAT(result.warnings, Contains(HasSubstr("VMCOREINFO was found in memory, at 0x80005000: ")));
}

TEST_F(dumper_kernel_test, without_a_rescue_nothing_is_searched) {
    request.rescue = false;
    EXPECT_THAT(guest_notes(dump()), IsEmpty());
}

TEST_F(dumper_kernel_test, a_rescue_replaces_a_note_of_a_kernel_that_is_not_there) {
    put_note(0x7000, "OSRELEASE=2.6.0\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=0\n");
    publish(0x7000);
    EXPECT_THAT(guest_notes(dump()), ElementsAre(kernel.text()));
}

TEST_F(dumper_kernel_test, a_rescue_replaces_a_text_that_says_nothing) {
    put_note(0x7000, "nothing");
    publish(0x7000);
    EXPECT_THAT(guest_notes(dump()), ElementsAre(kernel.text()));
}

TEST_F(dumper_kernel_test, a_rescue_leaves_alone_what_firmware_published) {
    for (const std::string& name : {vmcoreinfo_name, std::string("FIRMWARE", 9)}) {
        put_note(0x7000, "VERSION=7\n", name);
        publish(0x7000);
        EXPECT_THAT(guest_notes(dump()), ElementsAre("VERSION=7\n"));
        EXPECT_THAT(result.warnings, IsEmpty());
    }
}

TEST_F(dumper_kernel_test, a_rescue_that_finds_nothing_better_keeps_what_there_is) {
    const std::string dead = "OSRELEASE=2.6.0\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=0\n";
    put_note(0x5000, dead);
    publish(0x5000);
    EXPECT_THAT(guest_notes(dump()), ElementsAre(dead));
    EXPECT_THAT(result.warnings, Contains(HasSubstr("a better VMCOREINFO note, and none was found")));
}

} // namespace
