#pragma once

#include "models/dump/output_file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>

namespace vmcore::test {

/// Fails the n-th of all calls, of whatever kind and thread, with an error; or makes every write short and
/// interrupted. What is written by a mapping is not counted: its failure is no error.
class faulty_calls : public file_operations {
public:
    int fail_at = -1;
    int error = EIO;
    bool tease = false;
    std::atomic<int> calls{0};
    std::string failed;

    ssize_t pwrite(int file, const void* from, size_t length, off_t offset) override {
        if (fails("pwrite"))
            return -1;
        if (!tease)
            return file_operations::pwrite(file, from, length, offset);
        if (calls % 2 != 0) {
            errno = EINTR;
            return -1;
        }
        return file_operations::pwrite(file, from, std::min<size_t>(length, 3), offset);
    }
    ssize_t write(int file, const void* from, size_t length) override {
        if (fails("write"))
            return -1;
        if (!tease)
            return file_operations::write(file, from, length);
        if (calls % 2 != 0) {
            errno = EINTR;
            return -1;
        }
        return file_operations::write(file, from, std::min<size_t>(length, 3));
    }
    std::thread start_thread(std::function<void()> body) override {
        if (fails("start_thread"))
            throw std::system_error(error, std::generic_category());
        return file_operations::start_thread(std::move(body));
    }
    int ftruncate(int file, off_t size) override {
        return fails("ftruncate") ? -1 : file_operations::ftruncate(file, size);
    }
    int fsync(int file) override { return fails("fsync") ? -1 : file_operations::fsync(file); }
    int close(int file) override {
        const int result = file_operations::close(file);
        return fails("close") ? -1 : result;
    }
    int rename(const char* from, const char* to) override {
        return fails("rename") ? -1 : file_operations::rename(from, to);
    }

private:
    bool fails(const char* call) {
        if (calls++ != fail_at)
            return false;
        failed = call;
        errno = error;
        return true;
    }
};

} // namespace vmcore::test
