#include "sim/gdb/target_description.h"

namespace vmcore::sim::gdb {

static std::string describe(const debug_register& described) {
    std::string text = "<reg name=\"" + described.name + "\" bitsize=\"64\" regnum=\"" +
                       std::to_string(described.number) + "\" type=\"" + described.type + "\"";
    if (!described.group.empty())
        text += " group=\"" + described.group + "\"";
    return text + "/>\n";
}

std::string target_description(const debug_target& described) {
    std::string text = "<?xml version=\"1.0\"?>\n"
                       "<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
                       "<target version=\"1.0\">\n<architecture>" +
                       described.architecture() + "</architecture>\n";
    for (const debug_feature& feature : described.features()) {
        text += "<feature name=\"" + feature.name + "\">\n" + feature.types;
        for (const debug_register& each : feature.registers)
            text += describe(each);
        text += "</feature>\n";
    }
    return text + "</target>\n";
}

} // namespace vmcore::sim::gdb
