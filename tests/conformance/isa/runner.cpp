// A board just large enough for programs that print on a UART and power off: a hart, RAM at 0x80000000, a
// mask ROM at 0x1000, and at QEMU's addresses the two registers that those programs use.
//
//   isa_runner [-bios] PROGRAM.elf [--no-dmi] [--no-block-cache] [--quantum-ns N] [--timing] [--trace N]
//
// --trace prints pc and x1 to x31 after each of the first N instructions and traps, and ends there. -cpu is
// QEMU's; other options of its command line that choose the machine are accepted and ignored, so that the
// same command runs there and here. The exit status is the guest's.

#include "models/bus/bus.h"
#include "models/memory/memory.h"
#include "models/riscv/hart.h"
#include "models/riscv/isa_text.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <tlm_utils/simple_target_socket.h>

namespace {

using namespace vmcore;

constexpr uint64_t ram_base = 0x80000000;
constexpr uint64_t ram_size = 128 << 20;

/// A transmitter that is always ready, or the test finisher: both see one write at offset 0.
class write_port : public sc_core::sc_module {
public:
    tlm_utils::simple_target_socket<write_port, 64> socket{"socket"};
    std::function<void(uint32_t)> on_write;

    explicit write_port(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name) {
        socket.register_b_transport(this, &write_port::b_transport);
    }

private:
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
        uint32_t value = 0;
        const unsigned length = payload.get_data_length();
        if (length > sizeof value) {
            payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
            return;
        }
        if (payload.is_write()) {
            std::memcpy(&value, payload.get_data_ptr(), length);
            if (payload.get_address() == 0)
                on_write(value);
        } else {
            std::memset(payload.get_data_ptr(), payload.get_address() == 5 ? 0x60 : 0, length);
        }
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

/// 10 MHz, as the board's.
class ten_megahertz : public time_source {
public:
    uint64_t mtime(const sc_core::sc_time& now) const override {
        return static_cast<uint64_t>(now / sc_core::sc_time(100, sc_core::SC_NS));
    }
    sc_core::sc_time when(uint64_t value) const override {
        const sc_core::sc_time now = sc_core::sc_time_stamp();
        const double last = sc_core::sc_max_time() / sc_core::sc_time(100, sc_core::SC_NS);
        if (static_cast<double>(value) >= last)
            return sc_core::sc_max_time();
        return std::max(now,
                        sc_core::sc_time::from_value(sc_core::sc_time(100, sc_core::SC_NS).value() * value));
    }
};

/// Loads an ELF64 into RAM; returns its entry.
uint64_t load_elf(const std::string& path, memory& ram) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> image{std::istreambuf_iterator<char>(file), {}};
    Elf64_Ehdr header{};
    if (image.size() < sizeof header)
        throw std::runtime_error(path + ": not an ELF file");
    std::memcpy(&header, image.data(), sizeof header);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
        throw std::runtime_error(path + ": not an ELF64 file");
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment;
        const size_t at = header.e_phoff + i * sizeof segment;
        if (at + sizeof segment > image.size())
            throw std::runtime_error(path + ": truncated");
        std::memcpy(&segment, image.data() + at, sizeof segment);
        if (segment.p_type != PT_LOAD)
            continue;
        if (segment.p_paddr < ram_base || segment.p_paddr - ram_base + segment.p_memsz > ram_size ||
            segment.p_offset + segment.p_filesz > image.size())
            throw std::runtime_error(path + ": segment outside RAM or file");
        std::memcpy(ram.data() + (segment.p_paddr - ram_base), image.data() + segment.p_offset,
                    segment.p_filesz);
    }
    return header.e_entry;
}

struct options {
    std::string program;
    hart::config settings;
    bool timing = false;
    unsigned long traced = 0; ///< instructions
};

options parse(int argc, char** argv) {
    options result;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--no-dmi")
            result.settings.dmi = false;
        else if (word == "--no-block-cache")
            result.settings.block_cache = false;
        else if (word == "--timing")
            result.timing = true;
        else if (word == "--quantum-ns" && i + 1 < argc)
            result.settings.quantum = sc_core::sc_time(std::stod(argv[++i]), sc_core::SC_NS);
        else if (word == "--trace" && i + 1 < argc)
            result.traced = std::stoul(argv[++i]);
        else if (word == "-bios" && i + 1 < argc)
            result.program = argv[++i];
        else if (word == "-cpu" && i + 1 < argc)
            result.settings.isa = riscv::parse_isa(argv[++i]);
        else if (word == "-smp" && i + 1 < argc)
            result.settings.sole_hart = std::stoul(argv[++i]) == 1;
        else if (word == "-nographic")
            continue;
        else if (word[0] == '-' && i + 1 < argc)
            ++i;
        else
            result.program = word;
    }
    if (result.program.empty())
        throw std::runtime_error("usage: isa_runner [-bios] PROGRAM.elf [--no-dmi] [--no-block-cache] "
                                 "[--quantum-ns N] [--timing] [--trace N]");
    if (result.traced != 0)
        result.settings.quantum = result.settings.clock_period;
    return result;
}

struct board : sc_core::sc_module {
    memory ram;
    memory rom;
    bus interconnect{"bus"};
    write_port uart{"uart"};
    write_port finisher{"finisher"};
    ten_megahertz clock;
    sc_core::sc_signal<bool> msip{"msip"}, mtip{"mtip"}, meip{"meip"}, seip{"seip"};
    hart cpu;
    int status = 0;
    unsigned long traced;

    SC_HAS_PROCESS(board);

    board(const sc_core::sc_module_name& name, const options& from)
        : sc_core::sc_module(name)
        , ram("ram", {ram_size, false, {}, {}})
        , rom("rom", {0xf000, true, {}, {}})
        , cpu("hart0", from.settings, clock)
        , traced(from.traced) {
        cpu.socket.bind(interconnect.target_socket);
        interconnect.map("ram", ram_base, ram_size, ram.socket);
        interconnect.map("rom", 0x1000, 0xf000, rom.socket);
        interconnect.map("uart", 0x10000000, 0x100, uart.socket);
        interconnect.map("finisher", 0x100000, 0x1000, finisher.socket);
        cpu.msip.bind(msip);
        cpu.mtip.bind(mtip);
        cpu.meip.bind(meip);
        cpu.seip.bind(seip);
        uart.on_write = [](uint32_t value) { std::putchar(static_cast<int>(value & 0xff)); };
        mtip.write(true); // QEMU: mtimecmp is 0 at power-on, so the timer interrupt is pending
        finisher.on_write = [this](uint32_t value) {
            status = static_cast<int>(value >> 16);
            cpu.yield();
            sc_core::sc_stop();
        };
        const uint64_t entry = load_elf(from.program, ram);
        // auipc t0, 0; ld t0, 8(t0); jr t0 would do; a0 gets the hart's number as QEMU's ROM has it.
        const uint32_t code[] = {0x00000297, 0xf1402573, 0x0182b283, 0x00028067};
        std::memcpy(rom.data(), code, sizeof code);
        std::memcpy(rom.data() + 0x18, &entry, sizeof entry);
        if (traced != 0)
            SC_THREAD(trace);
    }

    /// In the middle of each clock: an instruction begins with one and takes it whole, as a trap does.
    void trace() {
        const sc_core::sc_time clock_period = hart::config{}.clock_period;
        wait(clock_period / 2);
        for (unsigned long i = 0; i < traced; ++i) {
            for (const uint64_t value : cpu.general_registers())
                std::printf("%llx ", static_cast<unsigned long long>(value));
            std::putchar('\n');
            wait(clock_period);
        }
        sc_core::sc_stop();
    }
};

} // namespace

int sc_main(int argc, char** argv) {
    try {
        const options chosen = parse(argc, argv);
        board machine("board", chosen);
        const auto start = std::chrono::steady_clock::now();
        sc_core::sc_start();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        std::fflush(stdout);
        if (chosen.timing)
            std::fprintf(stderr, "instructions %llu simulated %s host %.3f s, %.1f MIPS\n",
                         static_cast<unsigned long long>(machine.cpu.instructions()),
                         sc_core::sc_time_stamp().to_string().c_str(), took.count(),
                         static_cast<double>(machine.cpu.instructions()) / took.count() / 1e6);
        return machine.status;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "isa_runner: %s\n", error.what());
        return 2;
    }
}
