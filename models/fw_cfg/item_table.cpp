#include "models/fw_cfg/item_table.h"

#include "models/tlm/endian.h"

#include <algorithm>
#include <sstream>

namespace vmcore {

static constexpr size_t directory_header = 4;
static constexpr size_t directory_record = 64; // size, key, reserved, name

static std::string quote(const std::string& name) {
    return "fw_cfg file \"" + name + "\": ";
}

duplicate_file::duplicate_file(const std::string& name)
    : item_error(name, "duplicate fw_cfg file name: " + name) {}

too_many_files::too_many_files(const std::string& name, size_t slots)
    : item_error(name, quote(name) + "all " + std::to_string(slots) +
                           " file slots are taken; expected a larger file_slots or fewer files") {}

static std::string name_fault(const std::string& name) {
    if (name.empty())
        return "fw_cfg file with an empty name, expected 1 to 55 characters";
    if (name.size() > item_table::max_name)
        return quote(name) + "name too long (max. 55 char), it has " + std::to_string(name.size());
    return "fw_cfg file \"" + std::string(name.c_str()) + "\\0...\": a name cannot contain a NUL character";
}

bad_file_name::bad_file_name(const std::string& name)
    : item_error(name, name_fault(name)) {}

file_too_large::file_too_large(const std::string& name, uint64_t size)
    : item_error(name,
                 quote(name) + std::to_string(size) + " bytes are too large, expected less than 4 GiB") {}

keys_are_final::keys_are_final(const std::string& name)
    : item_error(name, quote(name) + "files cannot be added once the simulation has started") {}

void item::replace(std::vector<uint8_t> contents) {
    auto owner = std::make_shared<std::vector<uint8_t>>(std::move(contents));
    m_size = static_cast<uint32_t>(owner->size());
    m_bytes = bytes(owner, owner->data());
    m_writable = false;
}

static std::string hex(uint64_t value) {
    std::ostringstream text;
    text << "0x" << std::hex << value;
    return text.str();
}

item_table::item_table(unsigned file_slots)
    : m_slots(file_slots) {
    if (file_slots < min_slots || file_slots > max_slots)
        throw std::runtime_error("\"file_slots\" must be at least " + hex(min_slots) + " and at most " +
                                 hex(max_slots) + ": " + hex(file_slots) + " was given");
    for (auto& items : m_items)
        items.resize(fw_cfg_key::file_first + file_slots);
    m_items[0][fw_cfg_key::file_directory] = std::make_unique<item>();
    update_directory();
}

const std::unique_ptr<item>* item_table::slot(uint16_t key) const {
    const unsigned index = key & fw_cfg_key::index_mask;
    const auto& items = m_items[key & fw_cfg_key::arch_local ? 1 : 0];
    if (key == fw_cfg_key::invalid || index >= items.size())
        return nullptr;
    return &items[index];
}

item* item_table::find(uint16_t key) const {
    const std::unique_ptr<item>* place = slot(key);
    return place == nullptr ? nullptr : place->get();
}

item& item_table::set(uint16_t key, std::vector<uint8_t> contents) {
    const bool generic = (key & fw_cfg_key::arch_local) == 0;
    const unsigned index = key & fw_cfg_key::index_mask;
    if (slot(key) == nullptr)
        throw std::runtime_error("fw_cfg key " + hex(key) + ": out of range");
    if (generic && (index == fw_cfg_key::file_directory || index >= fw_cfg_key::file_first))
        throw std::runtime_error("fw_cfg key " + hex(key) +
                                 ": belongs to the files, which are added by name");
    if (contents.size() > UINT32_MAX)
        throw file_too_large("key " + hex(key), contents.size());
    auto& place = m_items[generic ? 0 : 1][index];
    if (!place)
        place = std::make_unique<item>();
    place->replace(std::move(contents));
    return *place;
}

item& item_table::set_number(uint16_t key, uint64_t value, unsigned size) {
    std::vector<uint8_t> contents(size);
    store_bytes(contents.data(), value, size, byte_order::little);
    return set(key, std::move(contents));
}

item& item_table::insert_file(const std::string& name, std::vector<uint8_t> contents) {
    if (name.empty() || name.size() > max_name || name.find('\0') != std::string::npos)
        throw bad_file_name(name);
    const auto behind = std::lower_bound(m_names.begin(), m_names.end(), name); // as strcmp orders
    if (behind != m_names.end() && *behind == name)
        throw duplicate_file(name);
    if (m_final)
        throw keys_are_final(name);
    if (m_names.size() == m_slots)
        throw too_many_files(name, m_slots);
    if (contents.size() > UINT32_MAX)
        throw file_too_large(name, contents.size());

    const auto first = m_items[0].begin() + fw_cfg_key::file_first;
    const auto place = first + (behind - m_names.begin());
    const auto end = first + static_cast<std::ptrdiff_t>(m_names.size());
    std::move_backward(place, end, end + 1);
    *place = std::make_unique<item>();
    (*place)->replace(std::move(contents));
    m_names.insert(behind, name);
    return **place;
}

item& item_table::add_file(const std::string& name, std::vector<uint8_t> contents) {
    item& added = insert_file(name, std::move(contents));
    update_directory();
    return added;
}

item& item_table::add_writable_file(const std::string& name, std::vector<uint8_t> contents,
                                    item::write_handler on_write) {
    item& added = add_file(name, std::move(contents));
    added.m_writable = true;
    added.m_on_write = std::move(on_write);
    return added;
}

item& item_table::modify_file(const std::string& name, std::vector<uint8_t> contents) {
    item* known = find_file(name);
    if (known == nullptr)
        return add_file(name, std::move(contents));
    if (contents.size() > UINT32_MAX)
        throw file_too_large(name, contents.size());
    known->replace(std::move(contents));
    update_directory();
    return *known;
}

item* item_table::find_file(const std::string& name) {
    const auto found = std::lower_bound(m_names.begin(), m_names.end(), name);
    if (found == m_names.end() || *found != name)
        return nullptr;
    return m_items[0][fw_cfg_key::file_first + static_cast<size_t>(found - m_names.begin())].get();
}

std::vector<item_table::file> item_table::files() const {
    std::vector<file> all;
    for (const std::string& name : m_names) {
        const auto key = static_cast<uint16_t>(fw_cfg_key::file_first + all.size());
        all.push_back({name, m_items[0][key]->size(), key});
    }
    return all;
}

/// Big-endian, and always as long as all slots need: unused records are zero.
void item_table::update_directory() {
    std::vector<uint8_t> blob(directory_header + directory_record * m_slots);
    store_bytes(blob.data(), m_names.size(), 4, byte_order::big);
    uint8_t* record = blob.data() + directory_header;
    for (const file& entry : files()) {
        store_bytes(record, entry.size, 4, byte_order::big);
        store_bytes(record + 4, entry.key, 2, byte_order::big);
        std::copy(entry.name.begin(), entry.name.end(), record + 8);
        record += directory_record;
    }
    m_items[0][fw_cfg_key::file_directory]->replace(std::move(blob));
}

} // namespace vmcore
