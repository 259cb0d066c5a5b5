#include "tests/models/dump/failing_allocation.h"

#include <cstdlib>
#include <new>

namespace vmcore::test {

std::atomic<long> allocations_left{-1};

static void* allocate(size_t size) {
    if (allocations_left >= 0 && allocations_left-- == 0)
        throw std::bad_alloc();
    if (void* memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}

} // namespace vmcore::test

void* operator new(size_t size) {
    return vmcore::test::allocate(size);
}
void* operator new[](size_t size) {
    return vmcore::test::allocate(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
    std::free(memory);
}
