#pragma once

namespace vmcore {

/// Claims a disk image that is open: for reading, which allows other readers, or for writing, which allows
/// nobody else. QEMU's claims count, and QEMU minds ours. The claim ends with the last descriptor of this
/// open file.
/// @returns whether the image is free for that; true, too, where the file system knows no such claims
bool lock_image(int file, bool to_write);

} // namespace vmcore
