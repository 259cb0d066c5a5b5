#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace vmcore {

/// Selector keys (QEMU, docs/specs/fw_cfg and include/standard-headers/linux/qemu_fw_cfg.h). Bits 13:0 index
/// an item, bit 15 chooses the architecture's own set of items, bit 14 is ignored.
namespace fw_cfg_key {
constexpr uint16_t signature = 0x00;      ///< "QEMU"
constexpr uint16_t id = 0x01;             ///< i32, see fw_cfg_feature
constexpr uint16_t uuid = 0x02;           ///< 16 bytes
constexpr uint16_t ram_size = 0x03;       ///< i64
constexpr uint16_t nographic = 0x04;      ///< i16
constexpr uint16_t nb_cpus = 0x05;        ///< i16
constexpr uint16_t kernel_size = 0x08;    ///< i32
constexpr uint16_t initrd_size = 0x0b;    ///< i32
constexpr uint16_t numa = 0x0d;           ///< i64 array
constexpr uint16_t boot_menu = 0x0e;      ///< i16
constexpr uint16_t max_cpus = 0x0f;       ///< i16
constexpr uint16_t kernel_data = 0x11;    ///< the kernel's image
constexpr uint16_t initrd_data = 0x12;    ///< the initial RAM disk
constexpr uint16_t cmdline_size = 0x14;   ///< i32, including the NUL
constexpr uint16_t cmdline_data = 0x15;   ///< the kernel's command line
constexpr uint16_t file_directory = 0x19; ///< names, sizes and keys of the files
constexpr uint16_t file_first = 0x20;     ///< key of the file whose name sorts first
constexpr uint16_t index_mask = 0x3fff;
constexpr uint16_t arch_local = 0x8000;
constexpr uint16_t invalid = 0xffff; ///< never an item
} // namespace fw_cfg_key

/// Bits of the item fw_cfg_key::id.
namespace fw_cfg_feature {
constexpr uint32_t traditional = 1; ///< selector and data register
constexpr uint32_t dma = 2;         ///< DMA address register
} // namespace fw_cfg_feature

/// A host's mistake with a file of fw_cfg; what() tells it to the user.
class item_error : public std::runtime_error {
public:
    item_error(std::string file_name, const std::string& text)
        : std::runtime_error(text)
        , m_file(std::move(file_name)) {}
    const std::string& file() const { return m_file; }

private:
    std::string m_file;
};

/// There is a file of that name.
struct duplicate_file : item_error {
    explicit duplicate_file(const std::string& name);
};

/// All file slots are taken.
struct too_many_files : item_error {
    too_many_files(const std::string& name, size_t slots);
};

/// A name of more than 55 characters, an empty one, or one with a NUL in it.
struct bad_file_name : item_error {
    explicit bad_file_name(const std::string& name);
};

/// Contents of 4 GiB or more.
struct file_too_large : item_error {
    file_too_large(const std::string& name, uint64_t size);
};

/// Files cannot be added any more, because the guest may have read their keys.
struct keys_are_final : item_error {
    explicit keys_are_final(const std::string& name);
};

/// A byte string that the guest selects by key, and writes if it is writable. Its bytes are the state of
/// whoever added it: the owner may read and overwrite them at any time, without side effects.
class item {
public:
    /// A DMA write of the guest changed `length` bytes (at least 1) at `offset`.
    using write_handler = std::function<void(uint32_t offset, uint32_t length)>;
    using select_handler = std::function<void()>;
    using bytes = std::shared_ptr<uint8_t[]>;

    uint8_t* data() { return m_bytes.get(); }
    const uint8_t* data() const { return m_bytes.get(); }
    uint32_t size() const { return m_size; }
    bool writable() const { return m_writable; }
    /// Keeps the bytes alive over a transfer in which item_table::modify_file may replace them.
    bytes share() const { return m_bytes; }

    /// The guest selected the item. The handler may change the bytes, or replace them.
    void on_select(select_handler handler) { m_on_select = std::move(handler); }
    void selected() const {
        if (m_on_select)
            m_on_select();
    }
    void written(uint32_t offset, uint32_t length) const {
        if (m_on_write)
            m_on_write(offset, length);
    }

private:
    friend class item_table;
    void replace(std::vector<uint8_t> contents);

    bytes m_bytes;
    uint32_t m_size = 0;
    bool m_writable = false;
    select_handler m_on_select;
    write_handler m_on_write;
};

/// The items of a fw_cfg device: those with fixed keys, those of the architecture, and the files, which the
/// guest finds by name in the directory. Plain C++; knows neither registers nor DMA.
///
/// Files have consecutive keys in the order of strcmp of their names, so that adding one renumbers those
/// behind it. Keys are final once finish() was called.
class item_table {
public:
    static constexpr unsigned default_slots = 0x20;
    static constexpr unsigned min_slots = 0x10;
    static constexpr unsigned max_slots = 0x3fe0;
    static constexpr size_t max_name = 55; ///< characters of a file name

    struct file {
        std::string name;
        uint32_t size;
        uint16_t key;
    };

    /// @param file_slots how many files there can be, 0x10 to 0x3fe0
    /// @throws std::runtime_error when it is out of range
    explicit item_table(unsigned file_slots = default_slots);
    item_table(const item_table&) = delete;
    item_table& operator=(const item_table&) = delete;

    /// Sets a read-only item with a fixed key, in place of the one that may be there. Bit 15 of the key
    /// chooses the architecture's items.
    /// @throws std::runtime_error when the key is out of range, the directory's or a file's
    item& set(uint16_t key, std::vector<uint8_t> contents);
    /// Sets a read-only item to a little-endian number of `size` bytes, 1 to 8.
    item& set_number(uint16_t key, uint64_t value, unsigned size);

    /// Adds a read-only file. The item stays at its address as long as the table lives, whatever its key.
    /// @throws duplicate_file, too_many_files, bad_file_name, file_too_large, keys_are_final
    item& add_file(const std::string& name, std::vector<uint8_t> contents);
    /// Adds a file that the guest may write by DMA, within its length.
    item& add_writable_file(const std::string& name, std::vector<uint8_t> contents,
                            item::write_handler on_write);
    /// Replaces the bytes of a file, which keeps its key and handlers and becomes read-only; adds the file if
    /// there is none of that name.
    item& modify_file(const std::string& name, std::vector<uint8_t> contents);

    /// From now on files cannot be added, only modified.
    void finish() { m_final = true; }

    /// The file of that name, or nullptr.
    item* find_file(const std::string& name);
    /// In the order of their keys.
    std::vector<file> files() const;
    unsigned file_slots() const { return m_slots; }

    /// Where the item of a key is kept: nullptr for a key out of range, a pointer to nothing where there is
    /// no item. Valid as long as the table lives; what it points to changes with the item.
    const std::unique_ptr<item>* slot(uint16_t key) const;
    /// The item of a key, or nullptr; safe for every key.
    item* find(uint16_t key) const;

private:
    item& insert_file(const std::string& name, std::vector<uint8_t> contents);
    void update_directory();

    unsigned m_slots;
    bool m_final = false;
    std::vector<std::unique_ptr<item>> m_items[2]; // generic, of the architecture
    std::vector<std::string> m_names;              // of the files, sorted
};

} // namespace vmcore
