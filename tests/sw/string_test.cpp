// The firmware's own memory functions, compiled for the host under other names, against the C library's.
#include <cstring>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

extern "C" {
void* firmware_memcpy(void* destination, const void* source, size_t length);
void* firmware_memmove(void* destination, const void* source, size_t length);
void* firmware_memset(void* destination, int value, size_t length);
int firmware_memcmp(const void* left, const void* right, size_t length);
size_t firmware_strlen(const char* string);
int firmware_strcmp(const char* left, const char* right);
}

namespace {

using bytes = std::vector<uint8_t>;

bytes some_bytes() {
    bytes result(200);
    for (size_t i = 0; i < result.size(); i++) {
        result[i] = static_cast<uint8_t>(i * 7 + 1);
    }
    return result;
}

int sign(int value) {
    return (value > 0) - (value < 0);
}

RC_GTEST_PROP(firmware_string, memmove_and_memset_do_what_the_library_does, ()) {
    const auto to = *rc::gen::inRange<size_t>(0, 100);
    const auto from = *rc::gen::inRange<size_t>(0, 100);
    const auto length = *rc::gen::inRange<size_t>(0, 100);
    const auto value = *rc::gen::inRange<int>(-300, 300);
    bytes ours = some_bytes();
    bytes theirs = some_bytes();
    RC_ASSERT((firmware_memmove(&ours[to], &ours[from], length) == &ours[to]));
    std::memmove(&theirs[to], &theirs[from], length);
    RC_ASSERT(ours == theirs);
    RC_ASSERT((firmware_memset(&ours[to], value, length) == &ours[to]));
    std::memset(&theirs[to], value, length);
    RC_ASSERT(ours == theirs);
}

RC_GTEST_PROP(firmware_string, memcpy_does_what_the_library_does, ()) {
    const auto to = *rc::gen::inRange<size_t>(0, 100);
    const auto from = *rc::gen::inRange<size_t>(0, 100);
    const auto length = *rc::gen::inRange<size_t>(0, 100);
    const bytes source = some_bytes();
    bytes ours(200);
    bytes theirs(200);
    RC_ASSERT((firmware_memcpy(&ours[to], &source[from], length) == &ours[to]));
    std::memcpy(&theirs[to], &source[from], length);
    RC_ASSERT(ours == theirs);
}

RC_GTEST_PROP(firmware_string, comparisons_have_the_sign_of_the_library_s, (bytes left, bytes right)) {
    const size_t common = std::min(left.size(), right.size());
    RC_ASSERT(sign(firmware_memcmp(left.data(), right.data(), common)) ==
              sign(common == 0 ? 0 : std::memcmp(left.data(), right.data(), common)));
    left.push_back(0);
    right.push_back(0);
    const auto* const a = reinterpret_cast<const char*>(left.data());
    const auto* const b = reinterpret_cast<const char*>(right.data());
    RC_ASSERT(sign(firmware_strcmp(a, b)) == sign(std::strcmp(a, b)));
    RC_ASSERT(firmware_strlen(a) == std::strlen(a));
}

} // namespace
