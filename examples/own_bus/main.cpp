// QEMU's fw_cfg and vmcoreinfo on a bus of one's own. The guest is a thread that does what a driver would do.
#include "models/bus/bus.h"
#include "models/fw_cfg/fw_cfg.h"
#include "models/memory/memory.h"
#include "models/vmcoreinfo/vmcoreinfo.h"

#include <iostream>

struct guest : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<guest, 64> socket{"socket"};
    explicit guest(const sc_core::sc_module_name&) {
        SC_HAS_PROCESS(guest);
        SC_THREAD(run);
    }

    std::string access(tlm::tlm_command command, uint64_t address, std::string bytes) {
        tlm::tlm_generic_payload payload;
        sc_core::sc_time delay;
        payload.set_command(command);
        payload.set_address(address);
        payload.set_data_ptr(reinterpret_cast<unsigned char*>(bytes.data()));
        payload.set_data_length(bytes.size());
        payload.set_streaming_width(bytes.size());
        socket->b_transport(payload, delay);
        return payload.is_response_ok() ? bytes : "error";
    }
    void write(uint64_t address, std::vector<char> bytes) {
        access(tlm::TLM_WRITE_COMMAND, address, {bytes.begin(), bytes.end()});
    }
    void run() {
        write(0x10100008, {0, 0}); // the selector: key 0 is the signature
        std::cout << "signature: " << access(tlm::TLM_READ_COMMAND, 0x10100000, "....") << "\n";
        // The record (formats, size, paddr), the descriptor (select key 32 and write 16 bytes), and off it
        // goes.
        write(0x80000100, {0, 0, 1, 0, 0, 16, 0, 0, 0, 32, 0, '\x80', 0, 0, 0, 0});
        write(0x80000000, {0, 32, 0, 8 | 16, 0, 0, 0, 16, 0, 0, 0, 0, '\x80', 0, 1, 0});
        write(0x10100010, {0, 0, 0, 0, '\x80', 0, 0, 0});
    }
};

int sc_main(int, char**) {
    vmcore::memory::config ram_config;
    ram_config.size = 0x10000;
    vmcore::memory ram("ram", ram_config);
    vmcore::bus bus("bus");
    vmcore::fw_cfg fw_cfg("fw_cfg");
    vmcore::vmcoreinfo vmcoreinfo("vmcoreinfo", fw_cfg); // adds the file etc/vmcoreinfo: key 32, the first
    guest guest("guest");
    guest.socket.bind(bus.target_socket);
    fw_cfg.dma.socket.bind(bus.target_socket); // the way of DMA to memory
    bus.map("ram", 0x80000000, ram.size(), ram.socket);
    bus.map("fw_cfg", 0x10100000, fw_cfg.register_bytes, fw_cfg.socket);
    sc_core::sc_start();

    const vmcore::vmcoreinfo_record record = vmcoreinfo.record();
    std::cout << "vmcoreinfo: " << (record.present ? "present" : "not present") << ", format "
              << record.guest_format << ", " << record.size << " bytes at 0x" << std::hex << record.paddr
              << "\n";
    return 0;
}
