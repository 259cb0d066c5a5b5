#include "tests/models/riscv/paging.h"

#include <rapidcheck.h>

// Random programs in S mode that change the page tables they run by, with sfence.vma and without, and code
// that they reach by two addresses; direct access ends under them now and then. They end in the same state at
// the same time, whatever the hart is allowed to cache and however far it runs ahead.

namespace vmcore::test {
namespace {

// Registers with a purpose; x10 to x15 are free. x6 is the trap handler's.
constexpr unsigned turns = 5, middle_of_data = 8, device = 9, free_first = 10, free_end = 16, entries = 18,
                   function = 19, function_alias = 20, entry_first = 21, entry_end = 26, satp_first = 26,
                   satp_end = 28, code_first = 28, code_end = 30, flags = 30;

// Virtual pages 4 to 9 are what the program maps anew: 5 and 6 are data, 7 and 8 the function, 7 to fetch it
// from.
constexpr uint64_t frame_a = ram_base + 0x5000, frame_b = ram_base + 0x6000, frame_code = ram_base + 0x7000,
                   other_root = ram_base + 0xc000, device_page = 0x10000;
constexpr uint64_t function_offset = 0x800; ///< in each frame; data do not reach it
constexpr uint64_t invalidating_register = 0x3c;

unsigned free_register() {
    return *rc::gen::inRange(free_first, free_end);
}

std::vector<uint32_t> random_step() {
    const unsigned rd = free_register(), a = free_register();
    const int offset = *rc::gen::oneOf(rc::gen::inRange(-1024, 1024), rc::gen::inRange(-8, 1));
    switch (*rc::gen::inRange(0, 14)) {
    case 0: return {i_type(0x13, *rc::gen::element(0u, 4u, 6u, 7u), rd, a, *rc::gen::inRange(-2048, 2048))};
    case 1:
    case 2: return {load(*rc::gen::inRange(0u, 7u), rd, middle_of_data, offset)};
    case 3:
    case 4: return {store(*rc::gen::inRange(0u, 4u), rd, middle_of_data, offset)};
    case 5: return {amo(*rc::gen::element(0u, 1u, 2u, 3u, 12u, 28u), 3, rd, middle_of_data, 0)};
    case 6:
    case 7: return {sd(*rc::gen::inRange(entry_first, entry_end), entries, 8 * *rc::gen::inRange(4, 10))};
    case 8:
        return {*rc::gen::element(sfence_vma(0, 0), sfence_vma(middle_of_data, 0), sfence_vma(function, 0),
                                  sfence_vma(function_alias, a))};
    case 9: return {csrrw(0, satp, *rc::gen::inRange(satp_first, satp_end))};
    case 10: // new code by one address, run by the other
        return {sw(*rc::gen::inRange(code_first, code_end), function_alias, 0), fence_i,
                jalr(ra, function, 0)};
    case 11: return {jalr(ra, *rc::gen::element(function, function_alias), 0)};
    case 12:
        return {*rc::gen::element(csrrs(0, sstatus, flags), i_type(0x73, 3, 0, flags, sstatus),
                                  csrrs(rd, 0xc00, 0), csrrs(rd, time_csr, 0), ecall, 0xffffffffu)};
    default:
        return {
            *rc::gen::element(sw(rd, device, 8), lw(rd, device, 4), sw(rd, device, invalidating_register))};
    }
}

class paging_equivalence : public bench {
protected:
    explicit paging_equivalence(sc_core::sc_time latency = {}) {
        add("plain", true, true, 10000, latency);
        add("no_blocks", true, false, 10000, latency);
        add("no_dmi", false, true, 10000, latency);
        add("tiny_quantum", true, true, 1, latency);
        add("odd_quantum", true, true, 333, latency);
    }

    static constexpr uint64_t handler = ram_base + 0x1000, program_start = ram_base + 0x40;

    void start(machine& board, const std::vector<uint32_t>& program, bool update) {
        std::memset(board.ram.data(), 0, ram_size);
        sv39_tables::identity(board, pte_rwx);
        std::memcpy(board.ram.data() + (other_root - ram_base),
                    board.ram.data() + (sv39_tables::root - ram_base), 4096);
        sv39_tables::page(board, 0x5000, frame_a, pte_rw);
        sv39_tables::page(board, 0x6000, frame_b, pte_rw);
        sv39_tables::page(board, 0x7000, frame_code, pte_v | pte_r | pte_x | pte_a);
        sv39_tables::page(board, 0x8000, frame_code, pte_rwx);
        sv39_tables::page(board, device_page, device_base, pte_rw);
        board.put(frame_code + function_offset, {addi(10, 10, 1), jalr(0, ra, 0)});
        board.put(frame_a + function_offset,
                  {addi(11, 11, 1), jalr(0, ra, 0)}); // for when it is mapped as the function
        board.put(frame_b + function_offset, {addi(12, 12, 1), jalr(0, ra, 0)});

        board.put(ram_base, {auipc(6, 1), csrrw(0, mtvec, 6), csrrw(0, menvcfg, 16), csrrsi(0, mcounteren, 7),
                             csrrw(0, satp, satp_first), csrrw(0, mstatus, 17), csrrw(0, mepc, 7),
                             addi(turns, 0, 4), mret});
        board.put(program_start, program);
        const auto back = -4 * static_cast<int>(program.size() + 1);
        board.put(program_start + 4 * program.size(),
                  {addi(turns, turns, -1), branch(1, turns, zero, back), wfi, jal(zero, -4)});
        // A fetch that faulted goes back to the caller, anything else to what follows.
        board.put(handler, {csrrw(6, mcause, 0), addi(6, 6, -12), branch(0, 6, zero, 28), addi(6, 6, 11),
                            branch(0, 6, zero, 20), csrrw(6, mepc, 0), addi(6, 6, 4), csrrw(0, mepc, 6), mret,
                            csrrw(0, mepc, ra), mret});
        board.device.accesses.clear();
        board.device.on_access = [&board](const probe_target::access& seen) {
            if (seen.write && seen.address == invalidating_register)
                board.ram.invalidate_direct_pointers();
        };
        board.cpu.reset();
        set_registers(board.cpu, update);
    }

    static void set_registers(hart& cpu, bool update) {
        using tables = sv39_tables;
        const std::pair<unsigned, uint64_t> values[] = {
            {7, program_start},
            {16, update ? uint64_t(1) << 61 : 0},
            {17, 1 << 11},
            {middle_of_data, 0x6000},
            {device, device_page},
            {entries, tables::leaves},
            {function, 0x7000 + function_offset},
            {function_alias, 0x8000 + function_offset},
            {entry_first, tables::entry(frame_a, pte_rwx)},
            {entry_first + 1, tables::entry(frame_b, pte_rw)},
            {entry_first + 2,
             tables::entry(frame_code, pte_v | pte_r | pte_w | pte_x)}, // neither accessed nor dirty
            {entry_first + 3, tables::entry(frame_b, pte_v | pte_r | pte_u | pte_a)},
            {entry_first + 4, 0},
            {satp_first, tables::satp_value},
            {satp_first + 1, uint64_t(8) << 60 | uint64_t(7) << 44 | other_root >> 12},
            {code_first, addi(13, 13, 5)},
            {code_first + 1, addi(14, 14, 9)},
            {flags, 3 << 18}}; // SUM, MXR
        for (const auto& [number, value] : values)
            cpu.set_x(number, value);
    }

    std::vector<uint64_t> summarise(machine& board, sc_core::sc_time began) {
        std::vector<uint64_t> result = board.cpu.general_registers();
        result.push_back(board.cpu.instructions());
        for (uint64_t at = ram_base + 0x4000; at < ram_base + ram_size; at += 8)
            result.push_back(board.word(at));
        for (const probe_target::access& each : board.device.accesses) {
            result.push_back(each.address);
            result.push_back(each.value);
            result.push_back((each.when - began).value());
        }
        return result;
    }

    std::vector<std::unique_ptr<machine>> boards;

    void add(const std::string& name, bool dmi, bool blocks, unsigned quantum_ns, sc_core::sc_time latency) {
        hart::config settings;
        settings.dmi = dmi;
        settings.block_cache = blocks;
        settings.quantum = sc_core::sc_time(quantum_ns, sc_core::SC_NS);
        settings.isa.pmp = false;
        boards.push_back(std::make_unique<machine>(*this, name, settings, latency));
    }

    bool all_wait() const {
        return std::all_of(boards.begin(), boards.end(),
                           [](const auto& each) { return each->cpu.waiting(); });
    }

    void compare(const std::vector<uint32_t>& program, bool update) {
        const uint64_t tick = sc_core::sc_time(100, sc_core::SC_NS).value();
        wait(sc_core::sc_time::from_value(tick - sc_core::sc_time_stamp().value() % tick));
        const sc_core::sc_time began = sc_core::sc_time_stamp();
        for (const auto& each : boards)
            start(*each, program, update);
        for (unsigned i = 0; i < 300 && (i == 0 || !all_wait()); ++i)
            wait(1, sc_core::SC_US);
        RC_ASSERT(all_wait());
        const std::vector<uint64_t> wanted = summarise(*boards[0], began);
        for (const auto& each : boards)
            RC_ASSERT(summarise(*each, began) == wanted);
    }

    void check_random_programs() {
        for (const auto& each : boards)
            start(*each, {}, false); // before they run at all; from then on they sleep between programs
        wait(100, sc_core::SC_US);
        const bool passed = rc::check("all harts agree", [this] {
            std::vector<uint32_t> program;
            for (unsigned i = *rc::gen::inRange(1u, 50u); i > 0; --i)
                for (const uint32_t word : random_step())
                    program.push_back(word);
            compare(program, *rc::gen::arbitrary<bool>());
        });
        EXPECT_TRUE(passed);
    }
};

SC_TEST(paging_equivalence, caches_and_quantum_do_not_change_what_a_program_does_to_its_tables_or_when) {
    check_random_programs();
}

class paging_equivalence_with_latency : public paging_equivalence {
protected:
    paging_equivalence_with_latency()
        : paging_equivalence(sc_core::sc_time(3, sc_core::SC_NS)) {}
};

SC_TEST(paging_equivalence_with_latency, walks_take_the_same_time_by_direct_access_and_by_transactions) {
    check_random_programs();
}

} // namespace
} // namespace vmcore::test
