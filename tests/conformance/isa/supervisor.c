/* Runs a table of cases, each a few instructions in some mode with some CSRs set, and prints a hash of the
 * registers and CSRs that they leave for each group of cases. Traps that are delegated land at an ecall in S
 * mode, so that what S mode's registers got is seen as well. With VERBOSE_GROUP=n it prints every case of
 * that group. */

#include "guest_support.h"

enum { code_bytes = 160 };

struct setup {
    u64 mstatus, medeleg, mideleg, mie, mip, mcounteren, scounteren, menvcfg, senvcfg, satp, stimecmp,
        pmpcfg0;
};

struct supervisor_case {
    u8 code[code_bytes]; /* padded with c.ebreak */
    struct setup setup;
    u64 constant; /* of x6, unless it is 0 */
    u32 group;
    u32 any_value; /* of mtval and stval */
};

extern const struct supervisor_case cases[], cases_end[];
extern char supervisor_landing[];
__asm__(".text\n.balign 256\nsupervisor_landing:\n.option push\n.option norvc\n.rept "
        "64\necall\n.endr\n.option pop");

#define slot ((u16*)0x80800000ul)
#define data ((u64*)0x80900000ul)
enum { data_words = 64 };

static struct frame frame;
static u64 before[31];

/* What a case leaves, beside the frame. */
#define for_each_csr(what)                                                                                   \
    what(mie) what(mip) what(medeleg) what(mideleg) what(mcounteren) what(menvcfg) what(mcountinhibit)       \
        what(sstatus) what(sie) what(sip) what(stvec) what(scounteren) what(senvcfg) what(sscratch)          \
            what(sepc) what(scause) what(stval) what(satp) what(0x14d) what(misa)

static u64 operand(void) {
    static const u64 corners[] = {0, 1, 2, ~0ul, 0xaaa, 0x222, 0x80000000, 0xffffffff, 0x8000000000000000};
    const u64 choice = random();
    if ((choice & 3) == 0)
        return corners[(choice >> 8) % (sizeof corners / sizeof *corners)];
    return (choice & 3) == 1 ? random() >> (choice >> 8 & 63) : random();
}

static void set_up(const struct setup* from) {
    write_csr(mie, 0);
    write_csr(pmpaddr0, -1ul); /* region 0 can be all addresses */
    write_csr(pmpcfg0, from->pmpcfg0);
    write_csr(menvcfg, from->menvcfg | 1ul << 63); /* STCE, for as long as stimecmp is set */
    write_csr(0x14d, from->stimecmp);
    write_csr(menvcfg, from->menvcfg);
    write_csr(medeleg, from->medeleg);
    write_csr(mideleg, from->mideleg);
    write_csr(mip, from->mip);
    write_csr(mcounteren, from->mcounteren);
    write_csr(scounteren, from->scounteren);
    write_csr(senvcfg, from->senvcfg);
    write_csr(satp, from->satp);
    write_csr(stvec, supervisor_landing);
    write_csr(sscratch, 0x5cadcafe);
    write_csr(sepc, 0x5e9c);
    write_csr(scause, 0x5ca);
    write_csr(stval, 0x57a1);
    write_csr(mtval, 0);
    write_csr(mie, from->mie); /* interrupts are off in M mode */
    write_csr(mstatus, from->mstatus & ~8ul);
}

#define mix_csr(name) mix(read_csr(name));
#define print_csr(name) print_field(#name, read_csr(name));

static void print_case(u64 index) {
    print("case ");
    print_hex(index);
    print(" before");
    for (int i = 0; i < 31; ++i) {
        put(' ');
        print_hex(before[i]);
    }
    print(" after");
    print_field("mcause", frame.mcause);
    print_field("mtval", frame.mtval);
    print_field("mepc", frame.mepc);
    print_field("mstatus", frame.mstatus);
    for_each_csr(print_csr);
    for (int i = 0; i < 31; ++i)
        if (frame.x[i] != before[i]) {
            print(" x");
            print_hex((u64)i + 1);
            put('=');
            print_hex(frame.x[i]);
        }
    print_field("state", hash);
    put('\n');
}

static void run_case(const struct supervisor_case* which, u64 index, int verbose) {
    for (int i = 0; i < code_bytes / 2; ++i)
        slot[i] = (u16)(which->code[2 * i] | which->code[2 * i + 1] << 8);
    for (int i = 0; i < data_words; ++i)
        data[i] = (u64)i * 0x0101010101010101ul;
    __asm__ volatile("fence.i" ::: "memory");
    random_state = 0x9e3779b97f4a7c15ul * (index + 1) + which->group;
    for (int i = 0; i < 31; ++i)
        before[i] = frame.x[i] = operand();
    if (which->constant != 0)
        before[5] = frame.x[5] = which->constant;
    frame.pc = (u64)slot;
    set_up(&which->setup);
    enter_case(&frame);
    if (which->any_value) {
        frame.mtval = 0;
        write_csr(stval, 0);
    }

    for (int i = 0; i < 31; ++i)
        mix(frame.x[i]);
    mix(frame.mcause);
    mix(frame.mtval);
    mix(frame.mepc);
    mix(frame.mstatus);
    for_each_csr(mix_csr);
    for (int i = 0; i < data_words; ++i)
        mix(data[i]);
    if (verbose)
        print_case(index);
}

int main(void) {
    for (const struct supervisor_case* at = cases; at != cases_end;) {
        const u64 group = at->group;
        hash = 0;
        for (u64 index = 0; at != cases_end && at->group == group; ++at, ++index)
            if (is_wanted(group))
                run_case(at, index, VERBOSE_GROUP >= 0);
        if (is_wanted(group))
            end_group(group);
    }
    print("done\n");
    return 0;
}
