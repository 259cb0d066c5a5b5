#include "platform/virt/hart_debug.h"

#include "models/tlm/debug_access.h"
#include "platform/virt/csr_names.h"

#include <algorithm>
#include <iterator>

namespace vmcore::virt {

namespace {

constexpr unsigned pc_number = 32;
constexpr unsigned first_f = 33;
constexpr unsigned privilege_number = 65;
constexpr unsigned first_csr = 66;
constexpr unsigned csr_count = 4096;

constexpr const char* x_names[] = {"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "fp", "s1", "a0",
                                   "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                   "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

std::string x_type(unsigned number) {
    switch (number) {
    case 1: return "code_ptr";
    case 2:
    case 3:
    case 4:
    case 8: return "data_ptr";
    default: return "int";
    }
}

debug_feature cpu_feature() {
    debug_feature result{"org.gnu.gdb.riscv.cpu", {}};
    for (unsigned number = 0; number < pc_number; ++number)
        result.registers.push_back({x_names[number], number, x_type(number)});
    result.registers.push_back({"pc", pc_number, "code_ptr"});
    return result;
}

constexpr const char* f_names[] = {"ft0", "ft1", "ft2",  "ft3",  "ft4", "ft5", "ft6",  "ft7",
                                   "fs0", "fs1", "fa0",  "fa1",  "fa2", "fa3", "fa4",  "fa5",
                                   "fa6", "fa7", "fs2",  "fs3",  "fs4", "fs5", "fs6",  "fs7",
                                   "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};

/// Without D a register has the width of F all the same: its upper half is that of the NaN box.
debug_feature float_feature() {
    debug_feature result{"org.gnu.gdb.riscv.fpu", {}};
    result.types = "<union id=\"riscv_double\">"
                   "<field name=\"float\" type=\"ieee_single\"/><field name=\"double\" type=\"ieee_double\"/>"
                   "</union>\n";
    for (unsigned number = 0; number < std::size(f_names); ++number)
        result.registers.push_back({f_names[number], first_f + number, "riscv_double", "float"});
    return result;
}

debug_feature csr_feature(const hart& described) {
    debug_feature result{"org.gnu.gdb.riscv.csr", {}};
    for (unsigned number = 0; number < csr_count; ++number)
        if (described.any_csr(number))
            result.registers.push_back({csr_name(number), first_csr + number, "int", "system"});
    return result;
}

} // namespace

hart_debug::hart_debug(hart& debugged, std::function<void()> code_changed)
    : m_hart(debugged)
    , m_code_changed(std::move(code_changed)) {
    m_features.push_back(cpu_feature());
    if (debugged.has_f())
        m_features.push_back(float_feature());
    m_features.push_back({"org.gnu.gdb.riscv.virtual", {{"priv", privilege_number, "int", "system"}}});
    m_features.push_back(csr_feature(debugged));
}

unsigned hart_debug::program_counter() const {
    return pc_number;
}

std::optional<uint64_t> hart_debug::read_register(unsigned number) const {
    if (number < pc_number)
        return m_hart.x(number);
    if (number == pc_number)
        return m_hart.pc();
    if (number < privilege_number && m_hart.has_f())
        return m_hart.f(number - first_f);
    if (number == privilege_number)
        return static_cast<uint64_t>(m_hart.mode());
    if (number >= first_csr && number - first_csr < csr_count)
        return m_hart.any_csr(number - first_csr);
    return std::nullopt;
}

bool hart_debug::write_register(unsigned number, uint64_t value) {
    if (number < pc_number)
        m_hart.set_x(number, value);
    else if (number == pc_number)
        m_hart.set_pc(value & ~uint64_t(1));
    else if (number < privilege_number && m_hart.has_f())
        m_hart.set_f(number - first_f, value);
    else if (number == privilege_number)
        return m_hart.set_mode_number(value);
    else if (number >= first_csr && number - first_csr < csr_count)
        return m_hart.set_csr(number - first_csr, value);
    else
        return false;
    return true;
}

bool hart_debug::move(tlm::tlm_command command, uint64_t address, uint8_t* data, size_t size) {
    constexpr uint64_t page = 4096;
    const auto transport = [&](uint64_t at, uint8_t* bytes, unsigned count) {
        return m_hart.debug_transport(command, at, bytes, count);
    };
    for (size_t done = 0; done < size;) {
        const uint64_t at = address + done;
        const size_t part = std::min<uint64_t>(size - done, page - at % page);
        const std::optional<uint64_t> physical = m_hart.look_up(at);
        if (!physical || !debug_access(transport, *physical, data + done, part))
            return false;
        done += part;
    }
    return true;
}

bool hart_debug::read_memory(uint64_t address, uint8_t* to, size_t size) {
    return move(tlm::TLM_READ_COMMAND, address, to, size);
}

bool hart_debug::write_memory(uint64_t address, const uint8_t* from, size_t size) {
    std::vector<uint8_t> bytes(from, from + size);
    const bool done = move(tlm::TLM_WRITE_COMMAND, address, bytes.data(), size);
    m_code_changed();
    return done;
}

void hart_debug::set_breakpoints(std::vector<uint64_t> addresses) {
    m_hart.set_breakpoints(std::move(addresses));
}

void hart_debug::set_watchpoints(std::vector<watchpoint> watched) {
    m_hart.set_watchpoints(std::move(watched));
}

void hart_debug::set_run(debug_run mode, bool masks_interrupts) {
    m_hart.debug().set_run(mode, masks_interrupts);
}

} // namespace vmcore::virt
