#include "sim/dump_report.h"

#include <boost/json.hpp>
#include <stdexcept>

namespace vmcore::sim {

namespace json = boost::json;

std::string report_error(const std::string& what) {
    return json::serialize(json::object{{"error", what}});
}

std::string report_result(const dump_result& result) {
    json::array notes;
    for (const dump_result::note& note : result.notes)
        notes.push_back({note.owner, note.type, note.size});
    json::array segments;
    for (const dump_result::segment& segment : result.segments)
        segments.push_back({segment.paddr, segment.size, segment.offset});
    json::object report{{"warnings", json::array(result.warnings.begin(), result.warnings.end())},
                        {"notes", std::move(notes)},
                        {"segments", std::move(segments)},
                        {"memory_bytes", result.memory_bytes},
                        {"bytes", result.bytes}};
    if (result.phys_base)
        report["phys_base"] = *result.phys_base;
    return json::serialize(report);
}

static uint64_t number(const json::value& value) {
    return value.to_number<uint64_t>();
}

static dump_result result_of(const json::object& report) {
    dump_result result;
    for (const json::value& warning : report.at("warnings").as_array())
        result.warnings.emplace_back(warning.as_string());
    for (const json::value& note : report.at("notes").as_array())
        result.notes.push_back({std::string(note.at(0).as_string()), note.at(1).to_number<uint32_t>(),
                                note.at(2).to_number<uint32_t>()});
    for (const json::value& segment : report.at("segments").as_array())
        result.segments.push_back({number(segment.at(0)), number(segment.at(1)), number(segment.at(2))});
    result.memory_bytes = number(report.at("memory_bytes"));
    result.bytes = number(report.at("bytes"));
    if (const json::value* phys_base = report.if_contains("phys_base"))
        result.phys_base = number(*phys_base);
    return result;
}

dump_result read_report(const std::string& file, const std::string& text) {
    json::parse_options lenient;
    lenient.allow_invalid_utf8 = true; // a file's name may be any bytes
    json::error_code failure;
    const json::value parsed = json::parse(text, failure, {}, lenient);
    if (failure || !parsed.is_object())
        throw std::runtime_error(file + ": the process that wrote the dump did not say how it went");
    const json::object& report = parsed.get_object();
    if (const json::value* error = report.if_contains("error"))
        throw std::runtime_error(std::string(error->as_string()));
    return result_of(report);
}

} // namespace vmcore::sim
