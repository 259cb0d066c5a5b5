// The main function where there is no libFuzzer: runs every file of the directories named through the target,
// in the order of their names. A target that finds a fault ends the process, and the last name printed is the
// input.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace fs = std::filesystem;

static std::vector<fs::path> inputs_of(const fs::path& directory) {
    std::vector<fs::path> inputs;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory))
        if (entry.is_regular_file())
            inputs.push_back(entry.path());
    std::sort(inputs.begin(), inputs.end());
    return inputs;
}

static void replay(const fs::path& input) {
    std::printf("%s\n", input.c_str());
    std::fflush(stdout);
    std::ifstream file(input, std::ios::binary);
    file.exceptions(std::ios::badbit | std::ios::failbit);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

int main(int argc, char** argv) {
    LLVMFuzzerInitialize(&argc, &argv);
    try {
        for (int i = 1; i < argc; ++i) {
            const std::vector<fs::path> inputs = inputs_of(argv[i]);
            for (const fs::path& input : inputs)
                replay(input);
            std::printf("%zu inputs of %s\n", inputs.size(), argv[i]);
            if (inputs.empty())
                return 1;
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "replay: %s\n", error.what());
        return 1;
    }
    if (argc < 2)
        std::fprintf(stderr, "usage: %s DIRECTORY...\n", argv[0]);
    return argc < 2 ? 2 : 0;
}
