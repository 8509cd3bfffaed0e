"""Small disks of a test's own: an ext4 on a loop image whose power can be cut or that can turn read-only, a tmpfs that fills up.

Mounting needs root and a system that allows it; NotAllowed says why it cannot be done here.
"""
import fcntl
import os
import struct
import subprocess

EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2


class NotAllowed(Exception):
    pass


def command(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise NotAllowed(f"{' '.join(words)}: {done.stderr.strip()}")


class Disk:
    """An ext4 on a loop image."""

    def __init__(self, folder, name, mebibytes):
        self.image, self.point = f"{folder}/{name}.img", f"{folder}/{name}"
        os.mkdir(self.point)
        with open(self.image, "wb") as file:
            file.truncate(mebibytes << 20)
        command("mkfs.ext4", "-q", "-F", self.image)
        self.mounted = False
        self.mount()

    def mount(self):
        # A long commit interval: what was not synced must not reach the disk by luck.
        command("mount", "-o", "loop,commit=300", self.image, self.point)
        self.mounted = True

    def cut(self):
        """The power goes: nothing more reaches the image, not even the journal in memory."""
        handle = os.open(self.point, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(handle)

    def turn_read_only(self):
        """As the kernel does after an error of the medium, also while files are open for writing."""
        command("mount", "-o", "remount,abort", self.point)

    def unmount(self):
        if self.mounted:
            command("umount", self.point)
            self.mounted = False


class Memory:
    """A tmpfs with a limit of bytes or inodes."""

    def __init__(self, folder, name, options):
        self.point = f"{folder}/{name}"
        os.mkdir(self.point)
        command("mount", "-t", "tmpfs", "-o", options, "tmpfs", self.point)

    def unmount(self):
        command("umount", "-l", self.point)

    def fill(self, leave=0):
        """Uses up what is free but `leave` bytes; the file to remove for relief."""
        path = os.path.join(self.point, "ballast")
        with open(path, "ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
            except OSError:
                pass
            if leave:
                file.truncate(max(0, file.tell() - leave))
        return path
