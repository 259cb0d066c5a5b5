/* Physical memory protection by random regions, and accesses to memory that they divide. Each round writes
 * random configurations and addresses, reads them back, and then loads from, stores to and executes an area
 * of a few pages: in M, S and U mode and with MPRV, in some rounds through a page table that lies in that
 * area itself. The last rounds lock one region after the other, from the last on, which only a reset would
 * undo. A round's hash is of what was read back, of the trap that ended each access, of registers, and of
 * memory. With VERBOSE_GROUP=n every access of a round is printed, and the rounds before it run unseen, so
 * that the same regions are locked. */

#include "guest_support.h"

enum { page = 4096, area_bytes = 4 * page, regions = 16, accesses = 96, locking_rounds = 12 };
enum { off, tor, na4, napot };
enum { locked = 0x80, status_mprv = 1 << 17 };

/* Region 0 keeps the guest itself out of this: it permits everything below the area. */
#define area 0x81000000ul
/* A page table, and in it the halves of the entry for the gigabyte that holds everything. */
#define root (area + 3 * page)
#define root_entry ((volatile u32*)(root + 2 * 8))

static struct frame frame;
static int verbose;

/* As in paging.c. */
enum { stub_bytes = 16, stub_count = 18, fetch_kind = stub_count };
extern u8 stubs[], with_mprv[];
__asm__(
    ".section .text\n.balign 4096\nstubs:\n.option push\n"
    ".macro one text:vararg\n.balign 16\n.option norvc\n9: \\text\n.option rvc\n.fill (16 - (. - 9b)) / 2, "
    "2, 0x9002\n.endm\n"
    "one lb x5, (x6)\none lh x5, (x6)\none lw x5, (x6)\none ld x5, (x6)\none lbu x5, (x6)\none lwu x5, (x6)\n"
    "one sb x7, (x6)\none sh x7, (x6)\none sw x7, (x6)\none sd x7, (x6)\n"
    "one amoadd.w x5, x7, (x6)\none amoswap.d x5, x7, (x6)\none lr.w x5, (x6)\n"
    ".balign 16\n.option norvc\nlr.d x5, (x6)\nsc.d x8, x7, (x6)\n.fill 4, 2, 0x9002\n"
    "one sc.w x8, x7, (x6)\none .4byte 0x0013200f\none .4byte 0x0003200f\none .4byte 0x0043200f\n"
    ".balign 4096\nwith_mprv: csrw mstatus, x9\njr x10\n.option pop\n");
static const char* const kinds[] = {
    "lb",       "lh",        "lw",   "ld",        "lbu",  "lwu",       "sb",        "sh",       "sw",   "sd",
    "amoadd.w", "amoswap.d", "lr.w", "lr.d+sc.d", "sc.w", "cbo.clean", "cbo.inval", "cbo.zero", "fetch"};

#define write_address(n)                                                                                     \
    case n:                                                                                                  \
        write_csr(pmpaddr##n, value);                                                                        \
        break;
#define read_address(n)                                                                                      \
    case n:                                                                                                  \
        return read_csr(pmpaddr##n);
#define for_each_region(what)                                                                                \
    what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7) what(8) what(9) what(10) what(11)        \
        what(12) what(13) what(14) what(15)

static void set_address(unsigned region, u64 value) {
    switch (region) { for_each_region(write_address) }
}

static u64 get_address(unsigned region) {
    switch (region) { for_each_region(read_address) }
    return 0;
}

static u64 get_config(unsigned region) {
    return (region < 8 ? read_csr(pmpcfg0) : read_csr(pmpcfg2)) >> (region % 8 * 8) & 0xff;
}

static void set_config(unsigned region, u64 value) {
    const unsigned shift = region % 8 * 8;
    const u64 mask = 0xfful << shift;
    if (region < 8)
        write_csr(pmpcfg0, (read_csr(pmpcfg0) & ~mask) | value << shift);
    else
        write_csr(pmpcfg2, (read_csr(pmpcfg2) & ~mask) | value << shift);
}

static u64 area_address(void) {
    static const u64 grains[] = {4, 4, 8, 64, 256, page};
    return area + (below(area_bytes + 1) & ~(grains[below(6)] - 1));
}

/* pmpaddr of an aligned region of 8 bytes or more. */
static u64 power_of_two_region(void) {
    const u64 size = 8ul << (percent(90) ? below(12) : below(50));
    return (area_address() & ~(size - 1)) >> 2 | (size / 8 - 1);
}

static void configure(unsigned region, int lock) {
    const unsigned matching = percent(20) ? off : 1 + (unsigned)below(3);
    u64 value = matching == napot ? power_of_two_region() : area_address() >> 2;
    if (percent(4))
        value = random();
    const u64 config =
        (percent(70) ? below(8) : 7) | matching << 3 | (lock ? locked : 0) | (percent(3) ? 0x60 : 0);
    if (percent(50)) {
        set_address(region, value);
        set_config(region, config);
    } else {
        set_config(region, config);
        set_address(region, value);
    }
}

static void print_regions(void) {
    for (unsigned i = 0; i < regions; ++i) {
        put(' ');
        print_hex(get_config(i));
        put(':');
        print_hex(get_address(i) << 2);
    }
}

static void fill_area(void) {
    for (unsigned i = 0; i < area_bytes / 8; ++i)
        ((u64*)area)[i] = i % 4 == 3 ? i * 0x9e3779b97f4a7c15ul : 0x9002900290029002ul;
    for (unsigned i = 1; i < area_bytes / 256; ++i) /* an instruction that may go on in another region */
        *(u16*)(area + i * 256 - 2) = 0x0013;
}

/* Near the bounds of some region, or anywhere. */
static u64 interesting_address(void) {
    if (percent(60)) {
        const u64 near = (get_address((unsigned)below(regions)) << 2) + below(24) - 12;
        if (near >= area && near < area + 3 * page)
            return near;
    }
    return area + below(3 * page);
}

static void access_something(unsigned number, int translated) {
    unsigned kind = (unsigned)below(fetch_kind + 5);
    kind = kind > fetch_kind ? fetch_kind : kind;
    const u64 mode = percent(20) ? 3 : below(2);
    const int by_mprv = kind != fetch_kind && mode != 3 && percent(40);
    u64 address = interesting_address();
    if (kind == fetch_kind)
        address = percent(30) ? (address & ~0xfful) + 0xfe : address & ~0x1ful;

    frame.x[4] = frame.x[7] = 0x5555;
    frame.x[5] = address;
    frame.x[6] = 0x9002900290029002ul;
    frame.pc = kind == fetch_kind ? address : (u64)stubs + kind * stub_bytes;
    const u64 status = mode << 11 | 1 << 18; /* with SUM: the page is U mode's in some rounds */
    if (by_mprv) {
        frame.x[8] = status | status_mprv;
        frame.x[9] = frame.pc;
        frame.pc = (u64)with_mprv;
    }
    if (translated) { /* the entry may have been overwritten */
        root_entry[0] = 0x80000000u >> 2 | (u32)(random() & 0xd0) | 0xf;
        root_entry[1] = 0; /* 4 bytes are never part of two regions, 8 may be */
        __asm__ volatile("sfence.vma" ::: "memory");
    }
    if (verbose) {
        print("case ");
        print_hex(number);
        put(' ');
        print(kinds[kind]);
        print(mode == 3 ? " M" : mode == 1 ? " S" : " U");
        print(by_mprv ? " by MPRV" : "");
        print_field("address", address);
        print(translated ? " translated" : "");
        if (translated)
            print_field("entry", root_entry[0]);
        print_regions();
    }
    write_csr(mtval, 0);
    write_csr(mstatus, by_mprv ? 0x1800 : status);
    enter_case(&frame);
    if (frame.mcause == 3)
        frame.mtval =
            0; /* QEMU may give that of another address of the same code: see models/riscv/README.md */
    mix(frame.mcause);
    mix(frame.mtval);
    mix(frame.mepc);
    mix(frame.mstatus);
    mix(frame.x[4]);
    mix(frame.x[7]);
    if (verbose) {
        print(" cause");
        print_field("mcause", frame.mcause);
        print_field("mtval", frame.mtval);
        print_field("mepc", frame.mepc);
        print_field("x5", frame.x[4]);
        print_field("x8", frame.x[7]);
        if (translated)
            print_field("entry_after", root_entry[0]);
        put('\n');
    }
}

static void run_round(unsigned round, unsigned locks) {
    seed(round);
    hash = 0;
    write_csr(mstatus, 0);
    write_csr(satp, 0);
    const unsigned last_free = regions - 1 - locks;
    for (unsigned i = 1; i <= last_free; ++i)
        configure(i, 0);
    if (locks > 0)
        configure(last_free + 1, 1);
    for (unsigned i = 0; i < 8; ++i) /* locked ones among them, which keep what they have */
        if (percent(50))
            set_address(1 + (unsigned)below(regions - 1), area_address() >> 2);
        else if (locks > 0)
            configure(last_free + 1 + (unsigned)below(locks), 0);
    for (unsigned i = 0; i < regions; ++i) {
        mix(get_config(i));
        mix(get_address(i));
    }
    const int translated = round % 3 == 0 && locks == 0;
    write_csr(menvcfg, 0xf0 | (round & 1 ? 1ul << 61 : 0));
    write_csr(senvcfg, 0xf0);
    if (translated)
        write_csr(satp, 8ul << 60 | root >> 12);
    for (unsigned i = 0; i < accesses; ++i)
        access_something(i, translated);
    write_csr(satp, 0);
}

/* Leaves region 0 only: even M mode may not make accesses that a bound divides. */
static void free_regions(void) {
    write_csr(pmpcfg2, 0);
    write_csr(pmpcfg0, tor << 3 | 7);
}

static void run(unsigned round, unsigned locks) {
    verbose = VERBOSE_GROUP == (long)round;
    free_regions();
    if (locks == 0) /* M mode loses its own way to the area later */
        fill_area();
    run_round(round, locks);
    free_regions();
    if (locks == 0)
        for (unsigned i = 0; i < area_bytes / 8; ++i)
            mix(((u64*)area)[i]);
    if (is_wanted(round))
        end_group(round);
}

int main(void) {
    write_csr(pmpaddr0, area >> 2);
    write_csr(pmpcfg0, tor << 3 | 7);
    for (unsigned round = 0; round < 8 * COUNT; ++round)
        run(round, 0);
    for (unsigned i = 1; i <= locking_rounds; ++i)
        run(8 * COUNT + i - 1, i);
    print("done\n");
    return 0;
}
