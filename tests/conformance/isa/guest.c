/* Runs a table of cases, each a few instructions between random register values and an ebreak, and prints a
 * hash of the registers and memory that they leave for each group of cases. With VERBOSE_GROUP=n it prints
 * every case of that group instead: the registers before, the trap that ended it, and what changed. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#ifndef VERBOSE_GROUP
#define VERBOSE_GROUP -1
#endif

enum { code_bytes = 24 };
enum floats { floats_bits, floats_single, floats_double };
enum pointer { pointer_none, pointer_aligned, pointer_any, pointer_code, pointer_constant };

struct isa_case {
    u8 code[code_bytes]; /* padded with c.ebreak */
    u64 constant;        /* of pointer_constant */
    u16 group;
    u8 pointer_register; /* the register that gets a pointer; 0 for all of them */
    u8 pointer;          /* its kind */
    u8 user;             /* runs in U mode */
    u8 fs;               /* mstatus.FS */
    u8 floats;           /* what f registers get: see enum floats */
    u8 fcsr;
};

struct frame {
    u64 pc;
    u64 x[31];
    u64 mcause, mtval, mepc, mstatus;
    u64 f[32];
    u64 fcsr;
};

extern const struct isa_case cases[], cases_end[];
extern void enter_case(struct frame* frame);
extern void load_floats(const u64* f_and_fcsr);
extern void store_floats(u64* f_and_fcsr);

static struct frame frame;
static u64 before[31];
static u64 floats_before[32];
static u64 data[1024] __attribute__((aligned(4096)));
static u64 random_state, hash;

/* Jumps of a case land in here: 2 MiB of c.ebreak around the slots that the instructions are copied to. */
#define landing ((u16*)0x80800000ul)
enum { landing_parcels = 0x400000 / 2, slot_parcel = landing_parcels / 2 };

static void put(char c) {
    *(volatile u8*)0x10000000 = (u8)c;
}

static void print(const char* text) {
    while (*text)
        put(*text++);
}

static void print_hex(u64 value) {
    int shift = 60;
    while (shift > 0 && (value >> shift) == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        put("0123456789abcdef"[value >> shift & 15]);
}

static void mix(u64 value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ul;
    hash ^= hash >> 29;
}

static u64 random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1dul;
}

static u64 random_operand(void) {
    static const u64 corners[] = {0,
                                  1,
                                  2,
                                  ~0ul,
                                  ~1ul,
                                  0x7fffffff,
                                  0x80000000,
                                  0xffffffff,
                                  0xffffffff80000000,
                                  0xffffffff7fffffff,
                                  0x7fffffffffffffff,
                                  0x8000000000000000,
                                  31,
                                  32,
                                  63,
                                  64};
    const u64 choice = random();
    if ((choice & 3) == 0)
        return corners[choice >> 8 & 15];
    if ((choice & 3) == 1)
        return random() >> (choice >> 8 & 63);
    return random();
}

/* A number at which rounding goes wrong first, of the format with so many bits of exponent and fraction: with
 * runs of equal bits, near the ends of the exponents and the middle, or special. */
static u64 random_float(unsigned exponent_bits, unsigned fraction_bits) {
    const u64 hidden = 1ul << fraction_bits;
    const u64 infinity = ((1ul << exponent_bits) - 1) << fraction_bits;
    const u64 choice = random();
    const u64 sign = (choice >> 63) << (exponent_bits + fraction_bits);
    const u64 specials[] = {0,
                            1,
                            2,
                            hidden - 2,
                            hidden - 1,
                            hidden,
                            hidden + 1,
                            infinity - 1,
                            infinity - 2,
                            infinity,
                            infinity + 1,
                            infinity | hidden >> 1,
                            infinity | hidden >> 1 | 1,
                            infinity | (hidden - 1),
                            (infinity >> 1) & ~(hidden - 1),
                            infinity | hidden >> 2};
    if ((choice & 7) == 0)
        return sign | specials[choice >> 8 & 15];
    if ((choice & 7) == 1)
        return random();
    const u64 low = 1ul << (choice >> 8 & 63) % fraction_bits;
    const u64 high = 1ul << (choice >> 16 & 63) % fraction_bits;
    const u64 runs[] = {random(), low | high, low - 1, ~(low - 1), high - low, 0, random(), low};
    const u64 fraction = runs[choice >> 24 & 7] & (hidden - 1);
    const u64 bias = infinity >> (fraction_bits + 1);
    const u64 step = choice >> 32 & 63;
    const u64 exponents[] = {step & 7,
                             2 * bias - (step & 7),
                             bias / 2 + step - 32,
                             bias + step - 32,
                             bias + step,
                             random() % (2 * bias + 1),
                             bias,
                             bias + (step & 7)};
    return sign | exponents[choice >> 40 & 7] << fraction_bits | fraction;
}

/* Sometimes close to the one before, so that differences cancel. */
static u64 float_value(u8 kind, u64 last) {
    const u64 choice = random();
    const u64 boxed = 0xffffffff00000000;
    const u64 near = (choice >> 8 & 7) - 4;
    switch (kind) {
    case floats_single:
        if ((choice & 15) == 0)
            return random(); /* not boxed, most likely */
        if ((choice & 15) < 4)
            return boxed | (u32)(last + (choice & 16 ? near : near << 23) + (choice & 32 ? 0x80000000 : 0));
        return boxed | random_float(8, 23);
    case floats_double:
        if ((choice & 15) < 4)
            return last + (choice & 16 ? near : near << 52) + (choice & 32 ? 1ul << 63 : 0);
        return random_float(11, 52);
    default: return random();
    }
}

static u64 pointer_value(const struct isa_case* which) {
    switch (which->pointer) {
    case pointer_aligned: return (u64)data + 4096 + (random() & 0x3f8);
    case pointer_any: return (u64)data + 4096 + (random() & 0x3ff);
    case pointer_code: return (u64)(landing + slot_parcel + 4096 + (random() & 0xfff));
    case pointer_constant: return which->constant;
    default: return random_operand();
    }
}

static void prepare_registers(const struct isa_case* which) {
    for (int i = 0; i < 31; ++i)
        before[i] = frame.x[i] = which->pointer_register == 0 ? pointer_value(which) : random_operand();
    if (which->pointer_register != 0)
        before[which->pointer_register - 1] = frame.x[which->pointer_register - 1] = pointer_value(which);
    u64 last = 0;
    for (int i = 0; i < 32; ++i)
        floats_before[i] = frame.f[i] = last = float_value(which->floats, last);
    frame.fcsr = which->fcsr;
}

static void mix_data(void) {
    for (unsigned i = 0; i < sizeof data / sizeof *data; ++i)
        mix(data[i]);
}

static void print_register(char file, int number, u64 value) {
    put(' ');
    put(file);
    if (number >= 10)
        put("0123"[number / 10]);
    put("0123456789"[number % 10]);
    put('=');
    print_hex(value);
}

static void print_case(unsigned index) {
    print("case ");
    print_hex(index);
    print(" before");
    for (int i = 0; i < 31; ++i) {
        put(' ');
        print_hex(before[i]);
    }
    for (int i = 0; i < 32; ++i) {
        put(' ');
        print_hex(floats_before[i]);
    }
    print(" cause ");
    print_hex(frame.mcause);
    print(" tval ");
    print_hex(frame.mtval);
    print(" epc ");
    print_hex(frame.mepc);
    print(" mstatus ");
    print_hex(frame.mstatus);
    print(" fcsr ");
    print_hex(frame.fcsr);
    for (int i = 0; i < 31; ++i)
        if (frame.x[i] != before[i])
            print_register('x', i + 1, frame.x[i]);
    for (int i = 0; i < 32; ++i)
        if (frame.f[i] != floats_before[i])
            print_register('f', i, frame.f[i]);
    print(" state ");
    print_hex(hash);
    put('\n');
}

static void run_case(const struct isa_case* which, unsigned index, int verbose) {
    /* Slots: at a doubleword, in its middle, across a doubleword and across a page. */
    static const u16 slots[] = {0, 1, 3, 0x7ff};
    u16* slot = landing + slot_parcel + slots[index & 3];
    for (int i = 0; i < code_bytes / 2; ++i)
        slot[i] = (u16)(which->code[2 * i] | which->code[2 * i + 1] << 8);
    __asm__ volatile("fence.i" ::: "memory");

    random_state = 0x9e3779b97f4a7c15ul * (index + 1) + which->group;
    prepare_registers(which);
    frame.pc = (u64)slot;
    load_floats(frame.f);
    /* MPP is the case's mode; TW makes wfi in U mode illegal; interrupts stay off in M mode, and mie is 0. */
    __asm__ volatile(
        "csrw mstatus, %0" ::"r"((which->user ? 0x200000ul : 0x201800ul) | (u64)which->fs << 13));
    enter_case(&frame);
    store_floats(frame.f);

    for (int i = 0; i < 31; ++i)
        mix(frame.x[i]);
    for (int i = 0; i < 32; ++i)
        mix(frame.f[i]);
    mix(frame.fcsr);
    mix(frame.mcause);
    mix(frame.mtval);
    mix(frame.mepc);
    mix(frame.mstatus);
    for (int i = 0; i < code_bytes / 2; ++i)
        slot[i] = 0x9002;
    if (verbose) {
        mix_data();
        print_case(index);
    }
}

static void begin_group(void) {
    hash = 0;
    for (unsigned i = 0; i < sizeof data / sizeof *data; ++i)
        data[i] = i * 0x9e3779b97f4a7c15ul;
}

static void end_group(unsigned group) {
    mix_data();
    print("group ");
    print_hex(group);
    put(' ');
    print_hex(hash);
    put('\n');
}

/* Every 2-byte instruction there is, with pointers in all registers, in 24 groups by quadrant and funct3. */
static __attribute__((unused)) void run_all_compressed(unsigned first_group) {
    static struct isa_case each;
    for (unsigned row = 0; row < 24; ++row) {
        const unsigned quadrant = row / 8, funct3 = row % 8;
        const unsigned group = first_group + row;
        if (VERBOSE_GROUP >= 0 && group != (unsigned)VERBOSE_GROUP)
            continue;
        begin_group();
        for (unsigned middle = 0; middle < 0x800; ++middle) {
            const unsigned parcel = funct3 << 13 | middle << 2 | quadrant;
            if (parcel == 0xa001 || (parcel & 0xfc7f) == 0xe001)
                continue; /* c.j and c.bnez to themselves: registers are not 0, so they would never end */
            const int jumps = quadrant == 2 && funct3 == 4 && (parcel >> 2 & 31) == 0;
            for (int i = 0; i < code_bytes; i += 2) {
                each.code[i] = 0x02;
                each.code[i + 1] = 0x90;
            }
            each.code[0] = (u8)parcel;
            each.code[1] = (u8)(parcel >> 8);
            each.group = (u16)group;
            each.fs = 3;
            each.pointer = jumps ? pointer_code : pointer_aligned;
            run_case(&each, middle, VERBOSE_GROUP >= 0);
        }
        end_group(group);
    }
}

int main(void) {
    for (unsigned i = 0; i < landing_parcels; ++i)
        landing[i] = 0x9002;
    unsigned groups = 0;
    for (const struct isa_case* at = cases; at != cases_end;) {
        const unsigned group = at->group;
        const int skip = VERBOSE_GROUP >= 0 && group != (unsigned)VERBOSE_GROUP;
        begin_group();
        for (unsigned index = 0; at != cases_end && at->group == group; ++at, ++index)
            if (!skip)
                run_case(at, index, VERBOSE_GROUP >= 0);
        if (!skip)
            end_group(group);
        groups = group + 1;
    }
#ifdef ALL_COMPRESSED
    run_all_compressed(groups);
#endif
    (void)groups;
    print("done\n");
    return 0;
}
