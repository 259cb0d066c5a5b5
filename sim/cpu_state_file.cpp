#include "sim/cpu_state_file.h"

#include "platform/elf_image.h"
#include "platform/files.h"
#include "platform/pc/memory_map.h"
#include "sim/key_values.h"
#include "sim/messages.h"
#include "sim/repeated_member.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

namespace json = boost::json;

namespace vmcore::sim {

namespace {

constexpr uint64_t mebibyte = uint64_t(1) << 20;
/// Room for 65535 program headers, the notes of all CPUs and the guest's: the rest of a core is not read.
constexpr uint64_t longest_core_start = 8 * mebibyte;
constexpr uint64_t longest_json = mebibyte;

/// The names of an object's members, for a part of a machine that has several numbers.
const std::vector<std::string> segment_parts{"selector", "base", "limit", "flags"};

std::set<std::string> all_names() {
    std::set<std::string> names{"efer"};
    for (const char* target : {"x86_64", "i386"})
        for (const std::string& name : noted_registers(find_dump_target(target)))
            names.insert(name);
    return names;
}

/// Reads one file; `m_where` tells errors where in it.
class json_reader {
public:
    explicit json_reader(std::string where)
        : m_where(std::move(where)) {}

    cpu_states read(const std::vector<uint8_t>& file) {
        json::error_code error;
        const json::value parsed =
            json::parse(json::string_view(reinterpret_cast<const char*>(file.data()), file.size()), error);
        if (error || !parsed.is_object())
            throw usage_error(m_where + ": expected an ELF core or a JSON object" +
                              (error ? ": " + error.message() : ""));
        if (const auto name = repeated_member({reinterpret_cast<const char*>(file.data()), file.size()}))
            throw usage_error(m_where + ": '" + one_line(*name) + "' is there twice, expected once");
        cpu_states states{"x86_64", {}};
        for (const auto& member : parsed.get_object()) {
            if (member.key() != "cpus")
                throw usage_error(m_where + ": '" + one_line(std::string(member.key())) +
                                  "', expected \"cpus\" and nothing else");
            read_cpus(member.value(), states.cpus);
        }
        if (states.cpus.empty())
            throw usage_error(m_where + ": no CPUs, expected {\"cpus\": [{...}]}");
        const std::optional<uint64_t> efer = states.cpus.front().register_value("efer");
        if (efer && (*efer & x86_efer::lma) == 0)
            states.target = "i386";
        return states;
    }

private:
    void read_cpus(const json::value& list, std::vector<cpu_state>& cpus) {
        if (!list.is_array())
            throw usage_error(m_where + ": cpus: expected an array of objects");
        if (list.get_array().size() > pc::max_cpus)
            throw usage_error(m_where + ": " + std::to_string(list.get_array().size()) +
                              " CPUs, expected at most " + std::to_string(pc::max_cpus));
        for (const json::value& each : list.get_array()) {
            const std::string cpu_where = m_where + ": cpus[" + std::to_string(cpus.size()) + "]";
            if (!each.is_object())
                throw usage_error(cpu_where + ": expected an object of registers");
            cpus.emplace_back();
            m_set.clear();
            for (const auto& member : each.get_object())
                read_register(cpu_where + ".", std::string(member.key()), member.value(), cpus.back());
        }
    }

    void read_register(const std::string& cpu_where, const std::string& typed, const json::value& value,
                       cpu_state& cpu) {
        const std::string where = cpu_where + one_line(typed);
        if (!value.is_object()) {
            const std::string name = known_name(where, typed);
            return set(where, name, number(where, value, name == typed ? bits_of(name) : 32), cpu);
        }
        if (m_names.count(typed + ".limit") == 0)
            throw usage_error(where + ": an object, expected a number; segments and tables are objects");
        for (const auto& member : value.get_object()) {
            const std::string part(member.key());
            if (std::find(segment_parts.begin(), segment_parts.end(), part) == segment_parts.end())
                refuse_name(where + "." + one_line(part), part, segment_parts);
            const std::string name = part == "selector" ? typed : typed + "." + part;
            const std::string part_where = where + "." + one_line(part);
            set(part_where, name, number(part_where, member.value(), bits_of(name)), cpu);
        }
    }

    void set(const std::string& where, const std::string& name, uint64_t value, cpu_state& cpu) {
        if (!m_set.insert(name).second)
            throw usage_error(where + ": another name has set '" + name + "', expected one of them");
        cpu.set(name, value);
    }

    std::string known_name(const std::string& where, const std::string& typed) const {
        const std::string wide = typed.rfind('e', 0) == 0 ? "r" + typed.substr(1) : typed;
        for (const std::string& name : {typed, wide})
            if (m_names.count(name) != 0)
                return name;
        refuse_name(where, typed, {m_names.begin(), m_names.end()});
    }

    [[noreturn]] static void refuse_name(const std::string& where, const std::string& typed,
                                         const std::vector<std::string>& known) {
        const std::string nearest = nearest_word(typed, known);
        throw usage_error(where + ": no such register" +
                          (nearest.empty() ? "" : ", did you mean '" + nearest + "'?"));
    }

    unsigned bits_of(const std::string& name) const {
        const bool is_selector = m_names.count(name + ".limit") != 0;
        const bool is_narrow = ends_with(name, ".limit") || ends_with(name, ".flags");
        return is_selector ? 16 : is_narrow ? 32 : 64;
    }

    static uint64_t number(const std::string& where, const json::value& value, unsigned bits) {
        uint64_t result = 0;
        if (value.is_string())
            result = parse_number(where, one_line(std::string(value.get_string())));
        else if (value.is_uint64() || (value.is_int64() && value.get_int64() >= 0))
            result = value.to_number<uint64_t>();
        else
            throw usage_error(where + ": expected a whole number from 0 on, or one in a string: \"0x1f\"");
        if (bits < 64 && result >> bits != 0)
            throw usage_error(where + ": more than " + std::to_string(bits) + " bits");
        return result;
    }

    static bool ends_with(const std::string& text, const std::string& end) {
        return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
    }

    std::string m_where;
    std::set<std::string> m_names = all_names();
    std::set<std::string> m_set; ///< of the CPU that is being read
};

cpu_states read_core(const std::string& where, const std::vector<uint8_t>& file) {
    cpu_states states;
    try {
        states = read_core_cpus(file);
    } catch (const std::runtime_error& error) {
        throw usage_error(where + ": " + error.what());
    }
    if (states.target != "x86_64" && states.target != "i386")
        throw usage_error(where + ": a core of " + states.target + ", expected x86_64 or i386");
    if (states.cpus.size() > pc::max_cpus)
        throw usage_error(where + ": " + std::to_string(states.cpus.size()) + " CPUs, expected at most " +
                          std::to_string(pc::max_cpus));
    return states;
}

} // namespace

cpu_states load_cpu_states(const std::string& option, const std::string& path) {
    const std::string where = option + " '" + path + "'";
    const std::vector<uint8_t> file = read_file(option, path, longest_core_start);
    if (is_elf(file))
        return read_core(where, file);
    if (file.size() > longest_json)
        throw usage_error(where + ": no ELF core, and longer than the 1 MiB that JSON may have");
    return json_reader(where).read(file);
}

} // namespace vmcore::sim
