// What the headers of a kdump file tell its readers, and which requests are none for this format.

#include "models/dump/kdump_identity.h"
#include "tests/models/dump/kdump_fixture.h"

#include <gmock/gmock.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

TEST_F(kdump_test, header_tells_readers_the_guest) {
    engine.write(request);
    const kdump_reader reader(read_file(request.file));
    EXPECT_FALSE(reader.flattened);
    EXPECT_EQ(reader.version, 6u);
    EXPECT_THAT(reader.utsname, ElementsAre("Linux", "", "6.1.0-x", "#1", "riscv64", ""));
    EXPECT_EQ(reader.status, 1u);
    EXPECT_EQ(reader.block_size, 4096u);
    EXPECT_EQ(reader.sub_header_blocks, 1u);
    EXPECT_EQ(reader.cpus, 2u);
    EXPECT_EQ(reader.phys_base, 0x80000000u);
    EXPECT_EQ(reader.dump_level, 1u);
    EXPECT_EQ(reader.max_mapnr, 0x80000 + ram_size / 4096);
    EXPECT_EQ(reader.max_mapnr_64, reader.max_mapnr);
    EXPECT_EQ(reader.bitmap_blocks, 2u * 17);
    EXPECT_EQ(reader.size_note, 2 * 396 + note.size());
    EXPECT_EQ(reader.bytes().substr(reader.offset_note + 2 * 396, note.size()),
              std::string(note.begin(), note.end()));
    EXPECT_EQ(reader.vmcoreinfo(), "OSRELEASE=6.1.0-x\nPAGESIZE=4096\nNUMBER(phys_ram_base)=2147483648\n");
    expect_memory(reader);
}

TEST_F(kdump_test, without_a_note_the_header_claims_no_linux) {
    const dumper plain("plain", memory, nullptr, {&hart0});
    const dump_result result = plain.write(request);
    EXPECT_THAT(result.warnings, IsEmpty());
    const kdump_reader reader(read_file(request.file));
    EXPECT_THAT(reader.utsname, ElementsAre("", "", "", "", "riscv64", ""));
    EXPECT_EQ(reader.offset_vmcoreinfo, 0u);
    EXPECT_EQ(reader.size_vmcoreinfo, 0u);
    expect_memory(reader);
}

TEST_F(kdump_test, a_hostile_note_chooses_neither_page_size_nor_longer_names) {
    for (const char* size :
         {"0", "1", "512", "4095", "4097", "16384", "65536", "131072", "0x100000000", "-4096", "nonsense"}) {
        const std::string text = "OSRELEASE=" + std::string(5000, 'r') + "\nPAGESIZE=" + size + "\n";
        memory.put(0x80008000, guest_note_bytes(vmcoreinfo_name, text));
        vmcoreinfo.value = elf_record(0x80008000, 1 << 16);
        engine.write(request);
        const kdump_reader reader(read_file(request.file));
        EXPECT_EQ(reader.block_size, 4096u) << size;
        EXPECT_EQ(reader.utsname[2], std::string(64, 'r'));
        EXPECT_EQ(reader.sub_header_blocks, 2u);
        expect_memory(reader);
    }
}

TEST_F(kdump_test, a_note_chooses_among_the_page_sizes_that_its_architecture_has) {
    for (const auto& [target, wanted] :
         {std::pair<const char*, std::vector<uint32_t>>{"aarch64", {4096, 4096, 16384, 65536}},
          {"arm", {4096, 4096, 4096, 4096}},
          {"i386", {4096, 4096, 4096, 4096}},
          {"riscv32", {4096, 4096, 4096, 4096}},
          {"x86_64", {4096, 4096, 4096, 4096}}}) {
        std::vector<uint32_t> chosen;
        for (const char* size : {"4096", "8192", "16384", "65536"}) {
            kdump_job job = make_job("kdump-raw-zlib");
            job.target = &find_dump_target(target);
            job.notes = guest_note_bytes(vmcoreinfo_name, "PAGESIZE=" + std::string(size) + "\n");
            chosen.push_back(identify_kdump(job).block_size);
        }
        EXPECT_EQ(chosen, wanted) << target;
    }
}

TEST_F(kdump_test, qemus_layout_has_qemus_header) {
    request.layout = dump_layout::qemu;
    request.format = "kdump-zlib";
    engine.write(request);
    const kdump_reader reader(read_file(request.file));
    EXPECT_THAT(reader.utsname, ElementsAre("", "", "", "", "Unknown", ""));
    EXPECT_EQ(reader.phys_base, 0u);
    EXPECT_EQ(reader.records.front().size, 464u);
    const uint64_t bitmap = 2 * 4096, half = 17 * 4096;
    EXPECT_EQ(reader.records[3].offset, bitmap);
    EXPECT_EQ(reader.records[4].offset, bitmap + half);
    EXPECT_EQ(reader.records[5].offset, bitmap + 4096);
}

TEST_F(kdump_test, qemu_reads_phys_base_of_x86_64_as_hexadecimal_and_we_do_not) {
    const dumper pc("pc", memory, &vmcoreinfo, {});
    request.target = "x86_64";
    for (const auto& [text, portable, qemu] :
         {std::tuple<const char*, uint64_t, uint64_t>{"-241172480", 0xfffffffff1a00000, 0xfffffffdbee8db80},
          {"16", 16, 0x16},
          {"0x10", 16, 16},
          {"1z", 0, 0}}) {
        memory.put(0x80008000,
                   guest_note_bytes(vmcoreinfo_name, "NUMBER(phys_base)=" + std::string(text) + "\n"));
        for (dump_layout layout : {dump_layout::portable, dump_layout::qemu}) {
            request.layout = layout;
            pc.write(request);
            EXPECT_EQ(kdump_reader(read_file(request.file)).phys_base,
                      layout == dump_layout::qemu ? qemu : portable)
                << text;
        }
    }
}

TEST_F(kdump_test, both_classes_and_byte_orders_have_their_headers) {
    for (const char* name : {"riscv64", "riscv32"})
        for (byte_order order : {byte_order::little, byte_order::big}) {
            dump_target target = find_dump_target(name);
            target.order = order;
            const bool wide = target.file_class == elf_class::elf64, big = order == byte_order::big;
            kdump_job job = make_job("kdump-raw-lzo");
            job.target = &target;
            job.notes.clear();
            job.cpus = 0x0102;
            job.phys_base = 0x1234567890;
            output_file file(request.file);
            write_kdump(file, job, memory);
            file.commit(false);
            const std::string bytes = read_file(request.file);
            const kdump_reader reader(bytes, wide, big);
            EXPECT_EQ(reader.version, 6u);
            EXPECT_EQ(reader.status, 2u);
            EXPECT_EQ(reader.cpus, 0x0102u);
            EXPECT_EQ(reader.phys_base, wide ? 0x1234567890u : 0x34567890u);
            EXPECT_EQ(reader.offset_note, 4096u + (wide ? 104 : 80));
            EXPECT_EQ(reader.size_note, 0u);
            EXPECT_EQ(static_cast<uint8_t>(bytes[wide ? 460 : 448]), big ? 0 : 2);
            expect_memory(reader);
        }
}

TEST_F(kdump_test, filters_and_page_tables_are_for_elf_only) {
    request.filter = dump_filter{0x1000, 1};
    EXPECT_EQ(error_of(engine), "kdump-compressed format doesn't support paging or filter");
    request.filter.reset();
    request.paging = true;
    EXPECT_EQ(error_of(engine), "kdump-compressed format doesn't support paging or filter");
    EXPECT_THAT(directory.names(), IsEmpty());
}

TEST_F(kdump_test, format_names_are_qemus) {
    for (const std::string& name : kdump_formats())
        EXPECT_TRUE(find_kdump_format(name)) << name;
    for (const char* name : {"", "kdump", "kdump-", "kdump-raw-", "kdump-zlib ", "kdump-raw", "kdump-gzip",
                             "elf", "kdump-raw-raw-zlib", "raw-zlib"})
        EXPECT_FALSE(find_kdump_format(name)) << name;
}

} // namespace
