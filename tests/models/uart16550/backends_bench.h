#pragma once

#include "models/uart16550/backend.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace vmcore::test {

inline std::string message_of(const std::string& spec) {
    try {
        make_backend(spec);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

inline size_t put(uart_backend& backend, const std::string& text) {
    return backend.write(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

inline std::string take(uart_backend& backend) {
    uint8_t data[256];
    return std::string(reinterpret_cast<char*>(data), backend.read(data, sizeof data));
}

/// What arrives, polled for as long as nothing came yet.
inline std::string take_patiently(uart_backend& backend) {
    std::string text;
    for (int i = 0; i < 2000 && text.empty(); ++i) {
        text = take(backend);
        if (text.empty())
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return text;
}

/// A directory of its own for each test, gone afterwards.
struct backends : testing::Test {
    std::string directory;

    void SetUp() override {
        char name[] = "/tmp/vmcore_uart_XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        directory = name;
    }
    void TearDown() override { std::filesystem::remove_all(directory); }
    std::string path(const std::string& name) const { return directory + "/" + name; }
    std::string contents(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(path(name)).rdbuf();
        return text.str();
    }
};

} // namespace vmcore::test
