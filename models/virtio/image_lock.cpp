// QEMU's protocol between processes that open an image: advisory locks of open file descriptions (fcntl(2)),
// all of them shared, on bytes that stand for what one does and for what one does not suffer others to do.
// One takes one's own first, then looks whether somebody's stand against them, so that of two that come at
// once one at least goes.

#include "models/virtio/image_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <initializer_list>

namespace vmcore {

enum claim : off_t { reads = 100, writes = 101, nobody_may_read = 200, nobody_may_write = 201 };

static struct flock lock_of(short type, claim what) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = what;
    lock.l_len = 1;
    return lock;
}

/// False when somebody holds the byte for himself alone; a file system without locks grants all.
static bool take(int file, claim what) {
    struct flock lock = lock_of(F_RDLCK, what);
    return fcntl(file, F_OFD_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES);
}

static bool taken_by_others(int file, claim what) {
    struct flock lock = lock_of(F_WRLCK, what);
    return fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool lock_image(int file, bool to_write) {
    for (const claim mine : {reads, writes, nobody_may_write})
        if ((to_write || mine != writes) && !take(file, mine))
            return false;
    return !taken_by_others(file, writes) && !taken_by_others(file, nobody_may_read) &&
           !(to_write && taken_by_others(file, nobody_may_write));
}

} // namespace vmcore
