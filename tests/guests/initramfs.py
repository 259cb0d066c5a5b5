"""A root file system for the kernel's memory: the "newc" cpio archive of the kernel's buffer-format document
(Documentation/driver-api/early-userspace/buffer-format.rst)."""

REGULAR, DIRECTORY, CHARACTER_DEVICE = 0o100000, 0o040000, 0o020000


class Archive:
    def __init__(self):
        self.bytes = bytearray()
        self.inode = 0

    def add(self, name, kind, permissions, content=b"", device=(0, 0)):
        """A file, directory or device; directories first."""
        self.inode += 1
        encoded = name.encode() + b"\0"
        fields = [self.inode, kind | permissions, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0]
        self.bytes += b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self.bytes += b"\0" * (-len(self.bytes) % 4)
        self.bytes += content
        self.bytes += b"\0" * (-len(self.bytes) % 4)

    def end(self):
        self.add("TRAILER!!!", 0, 0)
        return bytes(self.bytes)


def that_publishes_and_panics(busybox, module):
    """Loads the driver that writes etc/vmcoreinfo, shows what the kernel's note says, and crashes the kernel."""
    script = """#!/bin/busybox sh
/bin/busybox mount -t proc none /proc
/bin/busybox mount -t sysfs none /sys
/bin/busybox insmod /qemu_fw_cfg.ko
echo "vmcoreinfo is at $(/bin/busybox cat /sys/kernel/vmcoreinfo)"
echo 1 > /proc/sys/kernel/sysrq
echo c > /proc/sysrq-trigger
"""
    archive = Archive()
    for directory in ("bin", "dev", "proc", "sys"):
        archive.add(directory, DIRECTORY, 0o755)
    archive.add("dev/console", CHARACTER_DEVICE, 0o600, device=(5, 1))
    archive.add("bin/busybox", REGULAR, 0o755, busybox)
    archive.add("qemu_fw_cfg.ko", REGULAR, 0o644, module)
    archive.add("init", REGULAR, 0o755, script.encode())
    return archive.end()
