// What single accesses to the models cost on the host, without a hart: b_transport through the bus, fw_cfg's
// data register and DMA, and memory with and without DMI.

#include "models/bus/bus.h"
#include "models/fw_cfg/fw_cfg.h"
#include "models/memory/memory.h"
#include "models/tlm/endian.h"

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>

namespace {

using namespace vmcore;

constexpr uint64_t ram_base = 0x80000000;
constexpr uint64_t fw_cfg_base = 0x10100000;
constexpr unsigned dma_bytes = 65536;

memory::config ram_config() {
    memory::config settings;
    settings.size = 16 << 20;
    return settings;
}

/// A bus with fw_cfg and RAM, and an initiator whose thread runs the benchmarks: transactions need a process.
struct bench_system : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<bench_system, 64> socket{"socket"};
    bus system_bus{"bus"};
    memory ram{"ram", ram_config()};
    fw_cfg firmware{"fw_cfg"};
    tlm::tlm_generic_payload payload;
    uint8_t data[8] = {};

    explicit bench_system(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name) {
        system_bus.map("fw_cfg", fw_cfg_base, fw_cfg::register_bytes, firmware.socket);
        system_bus.map("ram", ram_base, ram.size(), ram.socket);
        socket.bind(system_bus.target_socket);
        firmware.dma.socket.bind(system_bus.target_socket);
        firmware.add_file("opt/bench", std::vector<uint8_t>(dma_bytes, 0x5a));
        payload.set_data_ptr(data);
        SC_HAS_PROCESS(bench_system);
        SC_THREAD(run);
    }

    void run() {
        benchmark::RunSpecifiedBenchmarks();
        sc_core::sc_stop();
    }

    void access(tlm::tlm_command command, uint64_t address, unsigned length) {
        sc_core::sc_time delay;
        payload.set_command(command);
        payload.set_address(address);
        payload.set_data_length(length);
        payload.set_streaming_width(length);
        payload.set_dmi_allowed(false);
        payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        socket->b_transport(payload, delay);
        if (!payload.is_response_ok())
            abort();
    }

    void write(uint64_t address, uint64_t value, unsigned length, byte_order order) {
        store_bytes(data, value, length, order);
        access(tlm::TLM_WRITE_COMMAND, address, length);
    }

    void select_file() { write(fw_cfg_base + 8, fw_cfg_key::file_first, 2, byte_order::big); }
};

bench_system* the_system = nullptr;

void memory_read(benchmark::State& state) {
    for (auto _ : state)
        the_system->access(tlm::TLM_READ_COMMAND, ram_base + 64, 8);
}
BENCHMARK(memory_read);

void fw_cfg_select(benchmark::State& state) {
    for (auto _ : state)
        the_system->select_file();
}
BENCHMARK(fw_cfg_select);

void fw_cfg_data_read(benchmark::State& state) {
    const auto length = static_cast<unsigned>(state.range(0));
    unsigned left = 0;
    for (auto _ : state) {
        if (left < length) {
            the_system->select_file();
            left = dma_bytes;
        }
        the_system->access(tlm::TLM_READ_COMMAND, fw_cfg_base, length);
        left -= length;
    }
}
BENCHMARK(fw_cfg_data_read)->Arg(1)->Arg(8);

void fw_cfg_dma_read(benchmark::State& state) {
    constexpr uint64_t descriptor = ram_base + 0x1000;
    constexpr uint64_t select_and_read = uint64_t(fw_cfg_key::file_first) << 16 | 8 | 2;
    the_system->write(descriptor, select_and_read << 32 | dma_bytes, 8, byte_order::big);
    the_system->write(descriptor + 8, ram_base + 0x100000, 8, byte_order::big);
    for (auto _ : state) {
        the_system->write(descriptor, select_and_read, 4, byte_order::big); // the outcome has replaced it
        the_system->write(fw_cfg_base + 16, descriptor, 8, byte_order::big);
    }
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * dma_bytes);
}
BENCHMARK(fw_cfg_dma_read);

} // namespace

int sc_main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    bench_system system("system");
    the_system = &system;
    sc_core::sc_start();
    return 0;
}

int main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
