#include "models/dump/file_operations.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace vmcore {

ssize_t file_operations::pwrite(int file, const void* from, size_t length, off_t offset) {
    return ::pwrite(file, from, length, offset);
}
ssize_t file_operations::write(int file, const void* from, size_t length) {
    return ::write(file, from, length);
}
int file_operations::ftruncate(int file, off_t size) {
    return ::ftruncate(file, size);
}
int file_operations::fsync(int file) {
    return ::fsync(file);
}
int file_operations::close(int file) {
    return ::close(file);
}
int file_operations::rename(const char* from, const char* to) {
    return std::rename(from, to);
}

// The pages are asked for before they are touched: a file system without room answers that with an error, but
// a touch with SIGBUS. What holds the pages then cannot lose them.
bool file_operations::write_mapped(int file, const void* from, size_t length, off_t offset) {
    const auto in_page = static_cast<size_t>(offset % ::sysconf(_SC_PAGESIZE));
    const size_t mapped = length + in_page;
    void* place = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file,
                         offset - static_cast<off_t>(in_page));
    if (place == MAP_FAILED)
        return false;
    const bool is_there = ::madvise(place, mapped, MADV_POPULATE_WRITE) == 0;
    if (is_there)
        std::memcpy(static_cast<uint8_t*>(place) + in_page, from, length);
    ::munmap(place, mapped);
    return is_there;
}

std::thread file_operations::start_thread(std::function<void()> body) {
    return std::thread(std::move(body));
}

file_operations& file_operations::system() {
    static file_operations operations;
    return operations;
}

} // namespace vmcore
