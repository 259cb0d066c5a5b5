// The example of models/dump/README.md: a dump of a platform that has nothing of this project but the dumper.

#include "models/dump/dumper.h"
#include "models/dump/tlm_guest_memory.h"
#include "models/memory/memory.h"
#include "tests/harness/bench.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/temporary_directory.h"

using namespace vmcore;
using namespace vmcore::test;

namespace {

// Stands for the reader's own CPU model, whatever it is.
struct my_hart : cpu_context {
    uint64_t pc = 0x1234, x[32] = {};
    std::optional<uint64_t> register_value(std::string_view name) const override {
        if (name == "pc")
            return pc;
        for (int i = 1; i < 32; ++i)
            if (name == "x" + std::to_string(i))
                return x[i];
        return std::nullopt; // and so on, as far as it has CSRs
    }
};

class own_platform_test : public bench {
protected:
    vmcore::memory ram{"ram", {1 << 20, false, {}, {}}};
    my_hart hart;
    tlm_guest_memory guest{"guest", {{0, 1 << 20}}}; // where my bus has RAM
    dumper engine{"engine", guest, nullptr, {&hart}};

    own_platform_test() { connect(guest.socket, ram.socket); }
};

SC_TEST(own_platform_test, leaves_a_core) {
    temporary_directory directory;
    ram.data()[0xfffff] = 0x42;
    hart.x[31] = 0xfeed;

    dump_request request;
    request.file = directory / "vmcore.elf";
    const dump_result result = engine.write(request);
    for (const std::string& warning : result.warnings)
        ADD_FAILURE() << warning;

    const elf_reader core(request.file);
    EXPECT_EQ(little(core.notes.at(0).desc, 112, 8), 0x1234u);
    EXPECT_EQ(little(core.notes.at(0).desc, 112 + 31 * 8, 8), 0xfeedu);
    EXPECT_EQ(core.bytes(core.loads().at(0).offset + 0xfffff, 1), "\x42");
}

} // namespace
