#pragma once

#include "models/fw_cfg/controller.h"
#include "models/vmcoreinfo/record.h"

#include <cstdint>
#include <functional>
#include <string>
#include <systemc>

namespace vmcore {

/// QEMU's vmcoreinfo device: a 16-byte fw_cfg file "etc/vmcoreinfo" in which the guest tells where in its
/// memory it keeps an ELF note for dumps (QEMU, docs/specs/vmcoreinfo). It has no registers of its own; the
/// bytes of the file are its state.
///
/// Little-endian: host_format u16, guest_format u16, size u32, paddr u64.
class vmcoreinfo : public sc_core::sc_module, public vmcoreinfo_source {
public:
    static constexpr const char* file_name = "etc/vmcoreinfo";
    static constexpr uint32_t file_size = 16;

    /// A use of what the device lets pass and no driver should do.
    enum class quirk : uint8_t {
        partial_write,           ///< a part of the record written, which withdraws it
        host_format_overwritten, ///< with another value than the host's
        guest_format_not_elf,    ///< a whole record of another format, or of none
        size_out_of_range,       ///< a record that no dump will use
    };
    using quirk_handler = std::function<void(quirk what, const std::string& text)>;
    using publish_handler = std::function<void(const vmcoreinfo_record&)>;

    /// Adds the file to `firmware`, which must outlive the device.
    /// @throws std::runtime_error when there is a vmcoreinfo device already, or no DMA to write the file with
    /// @throws duplicate_file when a file of the user's has the name
    vmcoreinfo(const sc_core::sc_module_name& name, fw_cfg_controller& firmware);

    /// Readable at any time, whatever the guest wrote: whether the host can use it is the reader's affair.
    vmcoreinfo_record record() const override;

    /// Where the file's bytes and the record's presence are kept, for a debugger that cannot call functions.
    const uint8_t* file_location() const;
    const bool* presence_location() const { return &m_present; }

    /// The record is gone until the guest writes it again.
    void reset();

    /// Calls the handler after every write that leaves a record present. It runs inside the guest's DMA,
    /// whose outcome the guest does not know yet.
    void on_publish(publish_handler handler) { m_on_publish = std::move(handler); }

    /// Calls the handler, within the guest's DMA, for every use of a quirk, with a line that says what it
    /// was.
    void on_quirk(quirk_handler handler) { m_on_quirk = std::move(handler); }

private:
    void written(uint32_t offset, uint32_t length);
    void report_quirks(uint32_t offset, uint32_t length) const;

    item& m_file;
    bool m_present = false;
    publish_handler m_on_publish;
    quirk_handler m_on_quirk;
};

} // namespace vmcore
