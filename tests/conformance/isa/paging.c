/* Page tables made of random numbers, and accesses through them. Each round makes tables for one mode of
 * satp, some of whose entries are invalid, reserved, misaligned or without rights, and then loads from,
 * stores to and executes what they map: in S and U mode, and in M mode with MPRV. A round's hash is of the
 * trap that ended each access, of registers, and of memory and page table entries afterwards. With
 * VERBOSE_GROUP=n every access of a round is printed. */

#include "guest_support.h"

enum { page = 4096, words = page / 8, table_pages = 48, data_pages = 16, accesses = 96 };
enum {
    valid = 1,
    readable = 2,
    writable = 4,
    executable = 8,
    user = 16,
    global = 32,
    accessed = 64,
    dirty = 128
};
enum { status_mprv = 1 << 17, status_sum = 1 << 18, status_mxr = 1 << 19 };

#define tables ((u64(*)[words])0x84000000ul)
#define data ((u64(*)[words])0x81000000ul)
#define nowhere 0x3f00000ul
#define rom 0x8000ul

static struct frame frame;
static unsigned used_tables, levels;

/* What the accesses are: instructions on (x6), with x7 as data. Each lies in 16 bytes, filled with ebreak. */
enum { stub_bytes = 16 };
extern u8 stubs[], with_mprv[];
__asm__(".section .text\n.balign 4096\nstubs:\n.option push\n.option norvc\n"
        ".macro one text:vararg\n.balign 16\n.option norvc\n9: \\text\n.option rvc\n.fill (16 - (. - 9b)) / "
        "2, 2, 0x9002\n.endm\n"
        "one lb x5, (x6)\none lh x5, (x6)\none lw x5, (x6)\none ld x5, (x6)\none lbu x5, (x6)\none lhu x5, "
        "(x6)\none lwu x5, (x6)\n"
        "one sb x7, (x6)\none sh x7, (x6)\none sw x7, (x6)\none sd x7, (x6)\n"
        "one amoadd.w x5, x7, (x6)\none amoswap.d x5, x7, (x6)\none amoor.w x5, x0, (x6)\n"
        "one lr.w x5, (x6)\n.balign 16\n.option norvc\nlr.d x5, (x6)\nsc.d x8, x7, (x6)\n.fill 4, 2, "
        "0x9002\none sc.w x8, x7, (x6)\n"
        "one .4byte 0x0013200f\none .4byte 0x0003200f\none .4byte 0x0043200f\n"
        ".balign 4096\nwith_mprv: csrw mstatus, x9\njr x10\n.option pop\n");
enum { fetch_kind = 20 };
static const char* const kinds[] = {"lb",        "lh",       "lw",   "ld",        "lbu",  "lhu",
                                    "lwu",       "sb",       "sh",   "sw",        "sd",   "amoadd.w",
                                    "amoswap.d", "amoor.w",  "lr.w", "lr.d+sc.d", "sc.w", "cbo.clean",
                                    "cbo.inval", "cbo.zero", "fetch"};

static u64 canonical(u64 address) {
    const unsigned unused = 64 - (12 + 9 * levels);
    return (u64)((long)(address << unused) >> unused);
}

static u64* table_at(u64 entry) {
    return (u64*)((entry >> 10 & ((1ul << 44) - 1)) << 12);
}

static u64 fresh_table(void) {
    return (u64)tables[used_tables++] >> 12 << 10;
}

/* The two pages of the stubs are mapped without fault: at 1 << the top level's shift for S mode, then for U
 * mode. */
static u64 stub_address(int mode) {
    return (1ul << (12 + 9 * (levels - 1))) + (mode == 0 ? page : 0);
}

static void map_stubs(void) {
    u64* at = tables[0];
    for (unsigned level = levels - 1; level > 0; --level) {
        const unsigned index = level == levels - 1 ? 1 : 0;
        at[index] = fresh_table() | valid;
        at = table_at(at[index]);
    }
    const u64 entry = (u64)stubs >> 12 << 10 | valid | readable | executable | accessed | dirty;
    at[0] = entry;
    at[1] = entry | user;
}

static u64 random_rights(void) {
    static const u64 usual[] = {readable | writable | executable, readable | writable, readable | executable,
                                executable, readable};
    u64 rights = percent(85) ? usual[below(5)] : below(8) << 1;
    rights |= (below(2) ? user : 0) | (percent(10) ? global : 0);
    return rights | (percent(70) ? accessed : 0) | (percent(60) ? dirty : 0) | (percent(95) ? valid : 0) |
           below(4) << 8 | (percent(2) ? 1ul << (54 + below(10)) : 0);
}

static u64 random_pointer(void) {
    const u64 chance = below(100);
    if (chance < 2)
        return nowhere >> 12 << 10 | valid;
    if (chance < 3)
        return rom >> 12 << 10 | valid;
    if (chance < 4)
        return 1ul << (10 + 30 + below(14)) | valid; /* far outside */
    const u64 entry = fresh_table() | valid;
    if (chance < 9)
        return entry | (chance == 4   ? accessed
                        : chance == 5 ? dirty
                        : chance == 6 ? user
                        : chance == 7 ? global
                                      : 1ul << (54 + below(10)));
    return entry | below(4) << 8;
}

static int leads_to_table(u64 entry) {
    const u64 at = (u64)table_at(entry);
    return (entry & (readable | executable)) == 0 && at >= (u64)tables && at < (u64)tables[table_pages];
}

/* A mapping for some address, which it gives. */
static u64 map_something(void) {
    const unsigned leaf_level = percent(60) ? 0 : (unsigned)below(levels);
    const u64 target = (u64)data[below(data_pages)];
    u64 address = 0;
    for (unsigned level = 0; level < levels; ++level)
        address |= (percent(50) ? below(4) : percent(50) ? below(512) : 511 - below(3)) << (12 + 9 * level);
    if (leaf_level > 0) {
        const u64 span = 1ul << (12 + 9 * leaf_level);
        address = (address & ~(span - 1)) | (target & (span - 1));
    }
    if ((address >> (12 + 9 * (levels - 1)) & 511) == 1)
        address ^= 2ul << (12 + 9 * (levels - 1)); /* the stubs' */
    u64* at = tables[0];
    for (unsigned level = levels - 1;; --level) {
        u64* const entry = &at[address >> (12 + 9 * level) & 511];
        if (level == leaf_level) {
            u64 number = target >> 12 & ~((1ul << (9 * level)) - 1);
            if (level > 0 && percent(15))
                number |= 1ul << below(9 * level); /* misaligned */
            if (percent(3))
                number = percent(50) ? nowhere >> 12 : rom >> 12;
            if (*entry == 0 || (percent(30) && !leads_to_table(*entry)))
                *entry = number << 10 | random_rights();
            return canonical(address);
        }
        if (*entry == 0 && used_tables < table_pages)
            *entry = random_pointer();
        if (!leads_to_table(*entry)) {
            const u64 span = 1ul << (12 + 9 * level); /* a leaf that is there already, perhaps */
            return canonical((address & ~(span - 1)) | (target & (span - 1)));
        }
        at = table_at(*entry);
    }
}

static void fill_data(void) {
    for (unsigned i = 0; i < data_pages; ++i)
        for (unsigned j = 0; j < words; ++j)
            data[i][j] = j % 4 == 3 ? (i * words + j) * 0x9e3779b97f4a7c15ul : 0x9002900290029002ul;
    for (unsigned i = 0; i < data_pages; ++i)
        ((u16*)data[i])[page / 2 - 1] = 0x0013; /* of an instruction that goes on in the next page */
}

static u64 random_offset(void) {
    switch (below(5)) {
    case 0: return below(page) & ~7ul;
    case 1: return below(page);
    case 2: return page - below(9);
    case 3: return (below(words / 4) * 4 + 3) * 8;
    default: return (below(words / 4) * 4 + 3) * 8 + below(8);
    }
}

static void mix_tables(void) {
    for (unsigned i = 0; i < used_tables; ++i)
        for (unsigned j = 0; j < words; ++j)
            mix(tables[i][j]);
}

static void mix_data(void) {
    for (unsigned i = 0; i < data_pages; ++i)
        for (unsigned j = 0; j < words; ++j)
            mix(data[i][j]);
}

static u64 hash_of(void (*mix_it)(void)) {
    const u64 kept = hash;
    hash = 0;
    mix_it();
    const u64 result = hash;
    hash = kept;
    return result;
}

static void print_walk(u64 address) {
    const u64* at = tables[0];
    for (unsigned level = levels; level-- > 0;) {
        const u64 entry = at[address >> (12 + 9 * level) & 511];
        print_field("pte", entry);
        if (!leads_to_table(entry))
            return;
        at = table_at(entry);
    }
}

static void access_something(u64 address, u64 satp_value, int fence, unsigned number) {
    unsigned kind = (unsigned)below(fetch_kind + 5);
    kind = kind > fetch_kind ? fetch_kind : kind;
    const int mode = (int)below(2); /* S is 1 */
    const int by_mprv = kind != fetch_kind && percent(40);
    u64 status = (percent(50) ? status_sum : 0) | (percent(50) ? status_mxr : 0);
    address &= ~(u64)(page - 1);
    address += kind == fetch_kind ? (percent(30) ? page - 2 : below(words / 4) * 32) : random_offset();
    if (percent(4))
        address ^= 1ul << (40 + below(24)); /* below lie devices that only QEMU has */
    status |= (u64)mode << 11;

    frame.x[4] = frame.x[7] = 0x5555;
    frame.x[5] = address;
    frame.x[6] = 0x9002900290029002ul;
    const u64 offset = (u64)kind * stub_bytes;
    frame.pc = kind == fetch_kind ? address : stub_address(mode) + offset;
    if (by_mprv) { /* mret would take MPRV and MPP with it */
        frame.pc = (u64)with_mprv;
        frame.x[8] = status | status_mprv;
        frame.x[9] = (u64)stubs + offset;
        status = 0x1800;
    }
    if (VERBOSE_GROUP >= 0) {
        print("case ");
        print_hex(number);
        put(' ');
        print(kinds[kind]);
        print(mode ? " S" : " U");
        print(by_mprv ? " by MPRV" : "");
        print_field("address", address);
        print_field("status", by_mprv ? frame.x[8] : status);
        print_walk(address);
    }
    write_csr(satp, satp_value);
    write_csr(mtval, 0);
    if (fence)
        __asm__ volatile("sfence.vma" ::: "memory");
    write_csr(mstatus, status);
    enter_case(&frame);
    if (frame.mcause == 3)
        frame.mtval = 0; /* QEMU gives that of another address of the same code: see models/riscv/README.md */
    mix(frame.mcause);
    mix(frame.mtval);
    mix(frame.mepc);
    mix(frame.mstatus);
    mix(frame.x[4]);
    mix(frame.x[7]);
    if (VERBOSE_GROUP >= 0) {
        print(" cause");
        print_field("mcause", frame.mcause);
        print_field("mtval", frame.mtval);
        print_field("mepc", frame.mepc);
        print_field("mstatus", frame.mstatus);
        print_field("x5", frame.x[4]);
        print_field("x8", frame.x[7]);
        print(" after");
        print_walk(address);
        print_field("tables", hash_of(mix_tables));
        print_field("data", hash_of(mix_data));
        put('\n');
    }
}

static void run_round(unsigned round) {
    seed(round);
    hash = 0;
    levels = 3 + round % 3;
    for (unsigned i = 0; i < table_pages; ++i)
        for (unsigned j = 0; j < words; ++j)
            tables[i][j] = 0;
    used_tables = 1;
    map_stubs();
    fill_data();
    u64 places[12];
    for (unsigned i = 0; i < 12; ++i) {
        places[i] = map_something();
        if (i > 0 && percent(30)) /* pages in a row, for what crosses from one into the other */
            places[i] = places[i - 1] + page;
    }
    write_csr(menvcfg, 0xf0 | (round & 8 ? 1ul << 61 : 0));
    write_csr(senvcfg, 0xf0);
    const u64 satp_value = (u64)(levels + 5) << 60 | (u64)tables[0] >> 12 | (u64)(round & 0xff) << 44;
    for (unsigned i = 0; i < accesses; ++i)
        access_something(places[below(12)], satp_value, i == 0, i);
    mix_tables();
    mix_data();
    write_csr(satp, 0);
    end_group(round);
}

int main(void) {
    write_csr(pmpaddr0, -1ul);
    write_csr(pmpcfg0, 0x1f);
    for (unsigned round = 0; round < 16 * COUNT; ++round)
        if (is_wanted(round))
            run_round(round);
    print("done\n");
    return 0;
}
