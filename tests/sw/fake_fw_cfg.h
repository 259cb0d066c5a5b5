#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

extern "C" {
#include "sw/lib/fw_cfg.h"
}

namespace vmcore::test {

/// A fw_cfg device in host memory for the firmware's driver, which can be told to misbehave. DMA addresses
/// are host pointers. While an object of this class exists it answers all register accesses of the driver.
class fake_fw_cfg {
public:
    static constexpr uintptr_t base = 0x1000;

    fake_fw_cfg();
    ~fake_fw_cfg();
    fake_fw_cfg(const fake_fw_cfg&) = delete;
    fake_fw_cfg& operator=(const fake_fw_cfg&) = delete;

    struct file {
        std::string name;
        uint16_t key;
        uint32_t size;
    };

    /// Puts a directory of these files into the directory item; `count` replaces their number when not
    /// negative.
    void set_directory(const std::vector<file>& files, int64_t count = -1);

    std::map<uint16_t, std::vector<uint8_t>> items; ///< what the keys hold; all are writable
    bool dma_signature = true;                      ///< the DMA register reads "QEMU CFG"
    bool completes = true;                          ///< false: descriptors stay as they are
    bool fails = false;                             ///< transfers end with the error bit
    bool forgets_writes = false;                    ///< writes succeed and change nothing

    struct access {
        uintptr_t offset;
        unsigned width;
        uint64_t value;
    };
    struct transfer {
        uint32_t control;
        uint32_t length;
        uint64_t address;
    };
    std::vector<access> stores;      ///< register stores seen, in order
    std::vector<transfer> transfers; ///< descriptors seen, in order
    size_t data_reads = 0;           ///< bytes taken from the data register

    uint64_t read(uintptr_t offset, unsigned width);
    void write(uintptr_t offset, unsigned width, uint64_t value);

private:
    uint8_t next_byte();
    void run(uint64_t descriptor);

    uint16_t m_key = 0;
    size_t m_offset = 0;
    uint64_t m_high = 0;
};

} // namespace vmcore::test
