"""A root file system on a disk: ext4, made from a directory by mke2fs, which needs no rights that its user does not have."""
import os
import shutil
import subprocess

from guest_files import NotFetched

MODULES = ["crc16", "crc32c_generic", "mbcache", "jbd2", "ext4"]  # of the kernel, in the order in which they are loaded

INIT = """#!/bin/sh
export PATH=/bin HOME=/root
busybox mount -t proc none /proc
busybox mount -t sysfs none /sys
busybox mount -t devtmpfs none /dev
console=$(busybox sed 's/.*console=\\([^ ,]*\\).*/\\1/' /proc/cmdline)
echo "guest: runs from $(busybox sed -n 's/ \\/ / /p' /proc/mounts)"
echo "guest: a shell; 'poweroff -f' ends it"
cd /root
until (: 0<>/dev/$console) 2>/dev/null; do busybox sleep 0.1; done
exec busybox setsid busybox cttyhack sh -c 'busybox stty cols ${columns:-999} rows ${rows:-24}; exec sh' 0<>/dev/$console 1>&0 2>&0
"""


def make(files, directory, megabytes=32):
    """Returns the path of the image."""
    mke2fs = shutil.which("mke2fs", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if mke2fs is None:
        raise NotFetched("mke2fs is not installed; Debian's package e2fsprogs has it")
    root, image = os.path.join(directory, "root"), os.path.join(directory, "disk.ext4")
    for name in ("bin", "dev", "etc", "proc", "root", "sbin", "sys", "tmp"):
        os.makedirs(os.path.join(root, name))
    write(root, "bin/busybox", files.busybox(), 0o755)
    names = subprocess.run(["qemu-riscv64-static", os.path.join(root, "bin/busybox"), "--list"], capture_output=True, text=True,
                           check=True).stdout.split()
    for name in names:
        if name != "busybox":
            os.symlink("busybox", os.path.join(root, "bin", name))
    write(root, "etc/motd", b"a disk of virtio\n", 0o644)
    write(root, "sbin/init", INIT.encode(), 0o755)
    subprocess.run([mke2fs, "-q", "-F", "-t", "ext4", "-d", root, "-E", "root_owner=0:0", image, f"{megabytes}M"], check=True, stdout=subprocess.DEVNULL)
    return image


def write(root, name, content, mode):
    path = os.path.join(root, name)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)
