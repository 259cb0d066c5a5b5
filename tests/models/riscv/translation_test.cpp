#include "tests/models/riscv/supervisor.h"

// Address translation as programs see it: what sfence.vma, satp and MPRV do, what it costs, and who shares
// it.

namespace vmcore::test {
namespace {

constexpr uint64_t page_a = 0x5000, page_b = 0x6000;                      // virtual, below 2 MiB
constexpr uint64_t first = ram_base + 0x3000, second = ram_base + 0x4000; // physical
constexpr uint64_t sum = 1 << 18, mprv = 1 << 17;
constexpr unsigned x20 = 20, x21 = 21, x22 = 22, x23 = 23;

class translation : public supervisor_bench {
protected:
    using supervisor_bench::supervisor_bench;

    /// Two pages of data, each with its number, and the tables, which S mode may write.
    void map() {
        sv39_tables::identity(board, pte_rwx);
        sv39_tables::page(board, page_a, first, pte_rw);
        sv39_tables::page(board, page_b, second, pte_rw);
        sv39_tables::put(board, first, 1);
        sv39_tables::put(board, second, 2);
    }
    set_up paged(std::vector<uint64_t> registers) const {
        return {to_supervisor, 0, 0, sv39_tables::satp_value, 0, std::move(registers), 0};
    }
    /// x20 is page_a, x21 its entry's place, x22 the entry for `second`, x27 an address to fence.
    set_up moving(uint64_t fenced = 0) const {
        return paged({page_a, sv39_tables::place_of_page(page_a), sv39_tables::entry(second, pte_rw), 0, 0, 0,
                      0, fenced});
    }
};

SC_TEST(translation, loads_and_stores_go_where_the_tables_say) {
    map();
    run_in_mode(paged({page_a, page_b}), {ld(a0, x20, 0), sd(a0, x21, 8)});
    EXPECT_EQ(cpu.x(a0), 1u);
    EXPECT_EQ(board.word(second + 8), 1u);
}

SC_TEST(translation, sfence_vma_makes_a_changed_entry_seen) {
    map();
    run_in_mode(moving(), {ld(a0, x20, 0), sd(x22, x21, 0), sfence_vma(0, 0), ld(x23, x20, 0)});
    EXPECT_EQ(cpu.x(a0), 1u);
    EXPECT_EQ(cpu.x(x23), 2u);
}

SC_TEST(translation, sfence_vma_of_the_address_makes_a_changed_entry_seen) {
    map();
    run_in_mode(moving(page_a + 0xabc),
                {ld(a0, x20, 0), sd(x22, x21, 0), sfence_vma(27, 0), ld(x23, x20, 0)});
    EXPECT_EQ(cpu.x(x23), 2u);
}

SC_TEST(translation, sfence_vma_of_another_address_leaves_what_was_known) {
    map();
    run_in_mode(moving(page_b), {ld(a0, x20, 0), sd(x22, x21, 0), sfence_vma(27, 0), ld(x23, x20, 0)});
    EXPECT_EQ(cpu.x(x23), 1u);
}

SC_TEST(translation, a_changed_entry_may_stay_unseen_without_a_fence) {
    map();
    run_in_mode(moving(), {ld(a0, x20, 0), sd(x22, x21, 0), ld(x23, x20, 0)});
    EXPECT_EQ(cpu.x(x23), 1u);
}

SC_TEST(translation, sfence_vma_of_any_address_in_a_superpage_forgets_all_of_it) {
    map();
    constexpr uint64_t gigabyte = uint64_t(1) << 30, alias = 5 * gigabyte;
    sv39_tables::put(board, sv39_tables::place_of_gigabyte(alias), sv39_tables::entry(ram_base, pte_rw));
    // The entry becomes invalid; fenced is an address far from the one that is loaded.
    run_in_mode(
        paged({alias + 0x3000, sv39_tables::place_of_gigabyte(alias), 0, 0, 0, 0, 0, alias + gigabyte - 1}),
        {ld(a0, x20, 0), sd(x22, x21, 0), sfence_vma(27, 0), ld(x23, x20, 0)});
    EXPECT_EQ(cpu.x(a0), 1u);
    expect_trap(13, alias + 0x3000, start + 12);
}

SC_TEST(translation, another_satp_makes_other_tables_seen_without_a_fence) {
    map();
    constexpr uint64_t other_root = ram_base + 0xc000;
    sv39_tables::put(board, other_root + 2 * 8, sv39_tables::entry(ram_base, pte_rwx));
    sv39_tables::put(board, other_root, sv39_tables::entry(second, pte_v));
    sv39_tables::put(board, second, sv39_tables::entry(second, pte_v)); // the middle and the last table
    sv39_tables::put(board, second + (page_a >> 12) * 8, sv39_tables::entry(ram_base + 0x5000, pte_rw));
    sv39_tables::put(board, ram_base + 0x5000, 77);
    run_in_mode(paged({page_a, uint64_t(8) << 60 | other_root >> 12}),
                {ld(a0, x20, 0), csrrw(0, satp, x21), ld(x23, x20, 0)});
    EXPECT_EQ(cpu.x(a0), 1u);
    EXPECT_EQ(cpu.x(x23), 77u);
}

SC_TEST(translation, code_runs_by_two_addresses_and_changes_under_both) {
    map();
    // addi x23, x23, 1; jalr x0, x1 in a page that is mapped twice, for fetches and for stores.
    sv39_tables::page(board, page_a, first, pte_v | pte_r | pte_x | pte_a);
    sv39_tables::page(board, page_b, first, pte_rwx);
    board.put(first, {addi(x23, x23, 1), jalr(0, ra, 0)});
    run_in_mode(
        paged({page_a, page_b, addi(x23, x23, 16)}),
        {jalr(ra, x20, 0), jalr(ra, x21, 0), sw(x22, x21, 0), fence_i, jalr(ra, x20, 0), jalr(ra, x21, 0)});
    EXPECT_EQ(cpu.x(x23), 34u);
}

SC_TEST(translation, mprv_translates_data_of_m_mode_and_not_its_code) {
    map();
    sv39_tables::page(board, page_a, first, pte_rw | pte_u);
    run_in_mode({to_machine, 0, 0, sv39_tables::satp_value, 0, {page_a, mprv}, 0},
                {i_type(0x73, 3, 0, 6, mstatus), csrrw(0, mstatus, x21), ld(a0, x20, 0), csrrw(0, mstatus, 0),
                 ld(a2, x20, 0)});
    EXPECT_EQ(cpu.x(a0), 1u);
    expect_trap(5, page_a, start + 16); // without MPRV it is a physical address, where nothing is
}

SC_TEST(translation, mprv_checks_the_rights_of_mpp) {
    map(); // pages of S mode
    run_in_mode({to_machine, 0, 0, sv39_tables::satp_value, 0, {page_a, mprv}, 0},
                {csrrw(0, mstatus, x21), ld(a0, x20, 0)});
    expect_trap(13, page_a, start + 4);
}

SC_TEST(translation, s_mode_needs_sum_for_pages_of_u_mode) {
    map();
    sv39_tables::page(board, page_a, first, pte_rw | pte_u);
    run_in_mode(paged({page_a, sum}),
                {csrrs(0, sstatus, x21), ld(a0, x20, 0), i_type(0x73, 3, 0, x21, sstatus), ld(a0, x20, 0)});
    EXPECT_EQ(cpu.x(a0), 1u);
    expect_trap(13, page_a, start + 12);
}

SC_TEST(translation, mxr_lets_loads_from_pages_that_may_only_be_executed) {
    map();
    sv39_tables::page(board, page_a, first, pte_v | pte_x | pte_a);
    run_in_mode(paged({page_a, 1 << 19}),
                {csrrs(0, sstatus, x21), ld(a0, x20, 0), i_type(0x73, 3, 0, x21, sstatus), ld(a0, x20, 0)});
    EXPECT_EQ(cpu.x(a0), 1u);
    expect_trap(13, page_a, start + 12);
}

SC_TEST(translation, a_store_across_pages_moves_nothing_when_the_second_faults) {
    map();
    sv39_tables::page(board, page_b, second, pte_v | pte_r | pte_a);
    run_in_mode(paged({page_a + 0xffc, ~uint64_t(0)}), {sd(x21, x20, 0)});
    expect_trap(15, page_b, start);
    EXPECT_EQ(board.word(first + 0xff8), 0u);
}

SC_TEST(translation, a_load_across_pages_takes_from_both) {
    map();
    board.put(first + 0xffc, {0x11111111});
    board.put(second, {0x22222222});
    run_in_mode(paged({page_a + 0xffc}), {ld(a0, x20, 0)});
    EXPECT_EQ(cpu.x(a0), 0x2222222211111111u);
}

SC_TEST(translation, a_and_d_are_set_in_memory_with_adue) {
    map();
    sv39_tables::page(board, page_a, first, pte_v | pte_r | pte_w);
    set_up how = paged({page_a});
    how.menvcfg = uint64_t(1) << 61;
    run_in_mode(how, {ld(a0, x20, 0), sd(a0, x20, 8)});
    EXPECT_EQ(board.word(sv39_tables::place_of_page(page_a)), sv39_tables::entry(first, pte_rw));
}

class translation_with_latency : public translation {
protected:
    translation_with_latency()
        : translation(without_protection(), sc_core::sc_time(3, sc_core::SC_NS)) {}
};

SC_TEST(translation_with_latency, a_walk_takes_the_time_of_its_three_loads) {
    map();
    // mcycle cannot be read in S mode, cycle can: around the first load of a page, and around the second.
    run_in_mode(paged({page_a}), {csrrs(a0, 0xc00, 0), ld(x21, x20, 0), csrrs(a1, 0xc00, 0), ld(x21, x20, 0),
                                  csrrs(a2, 0xc00, 0)});
    EXPECT_EQ((cpu.x(a1) - cpu.x(a0)) - (cpu.x(a2) - cpu.x(a1)), 9u);
}

/// A second hart on the bus of the first.
class two_harts : public translation {
protected:
    hart other;

    two_harts()
        : other("other", other_config(), board.clock) {
        connect(other.socket, board.interconnect.target_socket);
        other.msip.bind(m_low);
        other.mtip.bind(m_low);
        other.meip.bind(m_low);
        other.seip.bind(m_low);
    }

    static constexpr uint64_t other_code = ram_base + 0x7000;

private:
    static hart::config other_config() {
        hart::config settings = without_protection();
        settings.reset_pc = other_code;
        settings.hartid = 1;
        return settings;
    }
    sc_core::sc_signal<bool> m_low{"low"};
};

SC_TEST(two_harts, a_fence_of_one_is_none_of_the_other) {
    map();
    // The other hart, in M mode: waits for a flag, moves the page, fences for itself, and tells.
    constexpr uint64_t flags = ram_base + 0x8000;
    board.put(other_code, {ld(a0, x20, 0), branch(0, a0, zero, -4), sd(x22, x21, 0), sfence_vma(0, 0),
                           sd(a0, x20, 8), wfi, jal(0, -4)});
    other.reset();
    other.set_x(x20, flags);
    other.set_x(x21, sv39_tables::place_of_page(page_a));
    other.set_x(x22, sv39_tables::entry(second, pte_rw));
    run_in_mode(paged({page_a, flags, 1}),
                {ld(a0, x20, 0), sd(x22, x21, 0), ld(t0, x21, 8), branch(0, t0, zero, -4), ld(a1, x20, 0),
                 sfence_vma(0, 0), ld(x23, x20, 0)});
    EXPECT_EQ(cpu.x(a0), 1u);
    EXPECT_EQ(cpu.x(a1), 1u) << "its own fence is still to come";
    EXPECT_EQ(cpu.x(x23), 2u);
    EXPECT_TRUE(other.waiting());
}

SC_TEST(two_harts, a_reservation_fails_when_the_other_stores_by_another_address) {
    map();
    board.put(other_code,
              {ld(a0, x20, 0), branch(0, a0, zero, -4), sd(x22, x21, 0), sd(a0, x20, 8), wfi, jal(0, -4)});
    constexpr uint64_t flags = ram_base + 0x8000;
    other.reset();
    other.set_x(x20, flags);
    other.set_x(x21, first);
    other.set_x(x22, 99);
    run_in_mode(paged({page_a, flags, 1}),
                {amo(2, 3, a0, x20, 0), sd(x22, x21, 0), ld(t0, x21, 8), branch(0, t0, zero, -4),
                 amo(3, 3, a1, x20, x22), ld(x23, x20, 0)});
    EXPECT_EQ(cpu.x(a0), 1u);
    EXPECT_EQ(cpu.x(a1), 1u);
    EXPECT_EQ(cpu.x(x23), 99u);
}

} // namespace
} // namespace vmcore::test
