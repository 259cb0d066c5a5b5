"""A root file system for the kernel's memory: the "newc" cpio archive of the kernel's buffer-format document
(Documentation/driver-api/early-userspace/buffer-format.rst). Its first program loads the driver that writes etc/vmcoreinfo
and then does what the kernel's command line asks for: the kernel hands `guest=NAME` on as a variable of that name."""

REGULAR, DIRECTORY, CHARACTER_DEVICE = 0o100000, 0o040000, 0o020000

# What the guest does when the record is written, by `guest=NAME`. It sleeps when asked for nothing.
DEEDS = {
    "poweroff": "poweroff -f",
    "reboot": "reboot -f",
    "panic": "echo 1 > /proc/sys/kernel/sysrq\necho c > /proc/sysrq-trigger",
    "shell": """echo "guest: a shell; 'poweroff -f' ends it"
console=$(sed 's/.*console=\\([^ ,]*\\).*/\\1/' /proc/cmdline)
until (: 0<>/dev/$console) 2>/dev/null; do sleep 0.1; done # its driver may still look for it
exec setsid cttyhack sh -c 'stty cols ${columns:-999} rows ${rows:-24}; exec sh' 0<>/dev/$console 1>&0 2>&0""",
    "busy": ". /busy",
    "disk": """mkdir -p /disk
until [ -b /dev/vda ]; do sleep 0.1; done
mount -t ext4 /dev/vda /disk
echo "guest: the disk says: $(cat /disk/etc/motd)"
exec switch_root /disk /sbin/init""",
}

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
/bin/sleep 100000 & # a task to be found in the dump
for module in /modules/*.ko; do insmod $module || echo "guest: $module is not loaded"; done
echo "guest: release $(uname -r)"
echo "guest: vmcoreinfo is at $(cat /sys/kernel/vmcoreinfo)"
echo "guest: record $(od -An -tx1 /sys/firmware/qemu_fw_cfg/by_name/etc/vmcoreinfo/raw | tr -d ' \\n')"
echo "guest: ready"
case "$guest" in
%s
*) while :; do wait; /bin/sleep 1000; done ;;
esac
"""

# Loads that never end, whose results are known, and a clock that tells each second that passed.
BUSY = """dd if=/dev/zero of=/zeros bs=64k count=16 2>/dev/null
right=b6d81b360a5672d80c27430f39153e2c
(while :; do dd if=/dev/urandom of=/noise bs=4k count=64 2>/dev/null; sort /bin/busybox >/sorted 2>/dev/null; done) &
(while :; do sum=$(md5sum /zeros); [ "${sum%% *}" = $right ] || echo "guest: WRONG $sum"; done) &
tick=0
while :; do
  sleep 1
  tick=$((tick + 1))
  read up rest </proc/uptime
  echo "guest: tick $tick up $up"
done
"""


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


def init():
    deeds = "\n".join(f"{name})\n{deed} ;;" for name, deed in DEEDS.items())
    return (INIT % deeds).encode()


def that_publishes(busybox, modules):
    """Loads the modules, pairs of a name and a content, in that order; tells where the kernel's note is; does as it is asked."""
    archive = Archive()
    for directory in ("bin", "dev", "modules", "proc", "sys"):
        archive.add(directory, DIRECTORY, 0o755)
    archive.add("dev/console", CHARACTER_DEVICE, 0o600, device=(5, 1))
    archive.add("bin/busybox", REGULAR, 0o755, busybox)
    for index, (name, content) in enumerate(modules):
        archive.add(f"modules/{index:02}-{name}.ko", REGULAR, 0o644, content)
    archive.add("busy", REGULAR, 0o644, BUSY.encode())
    archive.add("init", REGULAR, 0o755, init())
    return archive.end()
