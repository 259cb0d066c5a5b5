// The tables of notes.
//
// A NT_PRSTATUS is Linux's struct elf_prstatus of that architecture: siginfo, signals, ids and times, 112
// bytes of them where a long has 8 bytes and 72 where it has 4, then the general registers, then pr_fpvalid
// padded to a long. Readers know it by its size: gdb and eu-readelf silently drop the registers of a riscv64
// one that has not 376 bytes.
//
// NT_PRFPREG is Linux's struct __riscv_d_ext_state on RISC-V, where QEMU has none: gdb takes f0 to f31 and
// fcsr from it, and the notes behind a NT_PRSTATUS are of the same CPU.
//
// The note "QEMU" has what x86's NT_PRSTATUS cannot tell: segments with their descriptors, and control
// registers. crash and drgn take the page table from its cr3. It is struct QEMUCPUState, version 1.

#include "models/dump/cpu_notes.h"

#include "models/dump/riscv_gdb_note.h"
#include "models/dump/riscv_state_note.h"

namespace vmcore::cpu_notes {

namespace {

constexpr uint32_t nt_prstatus = 1;
constexpr uint32_t nt_prfpreg = 2;
constexpr uint32_t nt_arm_vfp = 0x400;

/// A note's registers, put one behind the other.
class field_row {
public:
    field_row(uint32_t offset, uint32_t width)
        : m_offset(offset)
        , m_width(width) {}

    field_row& add(const std::vector<std::string>& names) {
        for (const std::string& name : names)
            put(name, m_width);
        return *this;
    }
    /// PREFIXfirst to PREFIXlast.
    field_row& add(const std::string& prefix, unsigned first, unsigned last) {
        for (unsigned number = first; number <= last; ++number)
            put(prefix + std::to_string(number), m_width);
        return *this;
    }
    field_row& put(const std::string& name, uint32_t width) {
        m_fields.push_back({name, m_offset, width});
        return skip(width);
    }
    field_row& skip(uint32_t bytes) {
        m_offset += bytes;
        return *this;
    }
    operator std::vector<register_field>() const { return m_fields; }

private:
    uint32_t m_offset;
    uint32_t m_width;
    std::vector<register_field> m_fields;
};

/// @param word bytes of a long
cpu_note_layout prstatus(uint32_t size, uint32_t word, std::vector<register_field> registers,
                         std::vector<constant_field> constants = {}) {
    return {"CORE", nt_prstatus, size, word == 8 ? 32 : 24, std::move(registers), std::move(constants)};
}

field_row first_register(uint32_t word) {
    return field_row(word == 8 ? 112 : 72, word);
}

cpu_note_layout riscv_floats() {
    cpu_note_layout note = {"CORE", nt_prfpreg, 264, {}, field_row(0, 8).add("f", 0, 31).put("fcsr", 4), {}};
    note.needed_register = "f0";
    return note;
}

groups riscv(uint32_t size, uint32_t word) {
    return {{prstatus(size, word, first_register(word).add({"pc"}).add("x", 1, 31)), riscv_floats()},
            {{riscv_state_owner, riscv_state_type, 0, {}, {}, {}, build_riscv_state},
             {gdb_owner,
              gdb_target_description_type,
              0,
              {},
              {},
              {},
              word == 8 ? build_riscv64_gdb_description : build_riscv32_gdb_description}}};
}

cpu_note_layout qemu_x86_state() {
    constexpr uint32_t version = 1, size = 440;
    field_row row(8, 8);
    row.add({"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp"}).add("r", 8, 15).add({"rip", "rflags"});
    for (const std::string segment : {"cs", "ds", "es", "fs", "gs", "ss", "ldt", "tr", "gdt", "idt"})
        row.put(segment, 4)
            .put(segment + ".limit", 4)
            .put(segment + ".flags", 4)
            .skip(4)
            .put(segment + ".base", 8);
    row.add("cr", 0, 4).add({"kernel_gs_base"});
    return {"QEMU", 0, size, {}, row, {{0, 4, version}, {4, 4, size}}};
}

} // namespace

groups riscv64() {
    return riscv(376, 8);
}

groups riscv32() {
    return riscv(204, 4);
}

groups x86_64() {
    return {
        {prstatus(336, 8, first_register(8).add({"r15",     "r14",      "r13", "r12", "rbp",    "rbx", "r11",
                                                 "r10",     "r9",       "r8",  "rax", "rcx",    "rdx", "rsi",
                                                 "rdi",     "orig_rax", "rip", "cs",  "rflags", "rsp", "ss",
                                                 "fs.base", "gs.base",  "ds",  "es",  "fs",     "gs"}))},
        {qemu_x86_state()}};
}

groups i386() {
    return {{prstatus(144, 4,
                      first_register(4).add({"rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rax", "ds", "es",
                                             "fs", "gs", "orig_rax", "rip", "cs", "rflags", "rsp", "ss"}))},
            {qemu_x86_state()}};
}

groups aarch64(byte_order order) {
    constexpr uint32_t size = 392, valid = 384;
    field_row vectors(0, 8);
    for (unsigned number = 0; number < 32; ++number) { // a 128-bit number in the target's byte order
        const std::string name = "v" + std::to_string(number);
        const bool low_first = order == byte_order::little;
        vectors.add({name + (low_first ? ".lo" : ".hi"), name + (low_first ? ".hi" : ".lo")});
    }
    vectors.put("fpsr", 4).put("fpcr", 4);
    return {
        {prstatus(size, 8, first_register(8).add("x", 0, 30).add({"sp", "pc", "pstate"}), {{valid, 4, 1}}),
         {"CORE", nt_prfpreg, 528, {}, vectors, {}}}};
}

groups arm() {
    constexpr uint32_t size = 148, valid = 144;
    return {{prstatus(size, 4, first_register(4).add("r", 0, 12).add({"sp", "lr", "pc", "cpsr"}),
                      {{valid, 4, 1}}),
             {"LINUX", nt_arm_vfp, 260, {}, field_row(0, 8).add("d", 0, 31).put("fpscr", 4), {}}}};
}

} // namespace vmcore::cpu_notes
