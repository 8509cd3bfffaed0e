"""Archives for one-shot deploys, right ones and one of every kind that must be refused. Also writes the fuzz corpus:
`python3 tests/support/archives.py fuzz/corpus/archive`."""
import gzip
import io
import os
import random
import stat
import struct
import sys
import tarfile
import zipfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.codings import zstd_compress  # noqa: E402

SITE = {"index.html": b"<h1>hello</h1>", "css/main.css": b"body{}", "empty": b"", "caf\u00e9/\u65e5\u672c.txt": b"names"}


def tar(members, format=tarfile.PAX_FORMAT):
    """`members`: (name or TarInfo, bytes)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            if not isinstance(name, tarfile.TarInfo):
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zipped(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def zip_special(name, kind):
    """An entry that a Unix archiver marked as a link or a device."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


def raw_zip_name(name):
    """A zip whose one entry has these bytes as its name, with no claim that they are UTF-8."""
    data = b"x"
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 0, zlib.crc32(data), 1, 1, len(name), 0) + name + data
    central = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 0x314, 20, 0, 0, 0, 0, zlib.crc32(data), 1, 1, len(name), 0, 0, 0, 0, 0o100644 << 16, 0) + name
    return local + central + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)


def encrypted_zip():
    whole = bytearray(zipped([("a.txt", b"x" * 100)]))
    whole[6] |= 1
    whole[whole.index(b"PK\1\2") + 8] |= 1
    return bytes(whole)


def sparse_tar():
    info = tarfile.TarInfo("sparse.bin")
    data = b"x" * 512
    info.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,512,1048576,0", "GNU.sparse.numblocks": "2",
                        "GNU.sparse.size": str(1 << 20), "GNU.sparse.name": "sparse.bin"}
    info.size = len(data)
    return tar([(info, data)])


def zeros(megabytes):
    """A tar that its packer makes a thousand times smaller."""
    return tar([("zeros", bytes(megabytes << 20))], tarfile.USTAR_FORMAT)


def lying_zip():
    """An entry that declares ten bytes and unpacks to many."""
    whole = bytearray(zipped([("liar", bytes(1 << 20))]))
    whole[22:26] = struct.pack("<I", 10)
    central = whole.index(b"PK\1\2")
    whole[central + 24:central + 28] = struct.pack("<I", 10)
    return bytes(whole)


def overlapping_zip(entries=300, kernel_bytes=1 << 20):
    """Many entries that all point at one kernel: small to send, large to unpack."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    kernel = bytes(kernel_bytes)
    data = packer.compress(kernel) + packer.flush()
    crc = zlib.crc32(kernel)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(data), kernel_bytes, 1, 0) + b"a" + data
    central = b""
    for i in range(entries):
        name = b"%04d" % i
        central += struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 0x314, 20, 0, 8, 0, 0, crc, len(data), kernel_bytes, len(name), 0, 0, 0, 0, 0o100644 << 16, 0) + name
    return local + central + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, entries, entries, len(central), len(local), 0)


def gzipped(data):
    return gzip.compress(data, mtime=0)


PAGE = ("index.html", b"hello")


def _bad_tars():
    """name → (tar, a word of the reason); each is tried plain, as tar.gz and as tar.zst."""
    return {
        "traversal": (tar([PAGE, ("a/../../etc/passwd", b"x")]), "etc/passwd"),
        "absolute": (tar([PAGE, ("/etc/passwd", b"x")]), "/etc/passwd"),
        "symlink": (tar([PAGE, (tar_special("ln", tarfile.SYMTYPE, "/etc/passwd"), b"")]), "symbolic link"),
        "symlink_inside": (tar([PAGE, (tar_special("ln", tarfile.SYMTYPE, "index.html"), b"")]), "symbolic link"),
        "hardlink": (tar([PAGE, (tar_special("ln", tarfile.LNKTYPE, "index.html"), b"")]), "hard link"),
        "device": (tar([PAGE, (tar_special("dev", tarfile.CHRTYPE), b"")]), "regular file"),
        "block_device": (tar([PAGE, (tar_special("dev", tarfile.BLKTYPE), b"")]), "regular file"),
        "fifo": (tar([PAGE, (tar_special("fifo", tarfile.FIFOTYPE), b"")]), "regular file"),
        "duplicate": (tar([PAGE, ("index.html", b"other")]), "twice"),
        "name_not_utf8": (tar([PAGE, ("caf\udce9", b"x")], tarfile.GNU_FORMAT), "caf"),
        "sparse": (sparse_tar(), "sparse"),
        "no_files": (tar([(tar_special("folder", tarfile.DIRTYPE), b"")]), "no files"),
    }


def refused():
    """name → (archive, a word of the reason)."""
    right = tar([PAGE], tarfile.USTAR_FORMAT)
    long = tar([PAGE, ("b", random.Random(1).randbytes(5000))])
    found = {}
    for name, (data, reason) in _bad_tars().items():
        found.update({f"{name}.tar": (data, reason), f"{name}.tar.gz": (gzipped(data), reason), f"{name}.tar.zst": (zstd_compress(data), reason)})
    found.update({
        "traversal.zip": (zipped([PAGE, ("../evil", b"x")]), "../evil"),
        "traversal_backslash.zip": (raw_zip_name(b"..\\evil"), "evil"),
        "absolute.zip": (zipped([PAGE, ("/etc/passwd", b"x")]), "/etc/passwd"),
        "symlink.zip": (zipped([PAGE, (zip_special("ln", stat.S_IFLNK), b"/etc/passwd")]), "symbolic link"),
        "device.zip": (zipped([PAGE, (zip_special("dev", stat.S_IFCHR), b"")]), "regular file"),
        # A pipe is no example in a zip: Info-ZIP marks what it read from standard input that way, and it is a file.
        "socket.zip": (zipped([PAGE, (zip_special("socket", stat.S_IFSOCK), b"")]), "regular file"),
        "duplicate.zip": (zipped([PAGE, ("./index.html", b"other")]), "twice"),
        "name_not_utf8.zip": (raw_zip_name(b"caf\xe9"), "caf"),
        "encrypted.zip": (encrypted_zip(), "a.txt"),
        "no_files.zip": (zipped([]), "no files"),
        "cut_in_a_member.tar": (right[:514], ""),
        "cut_between_members.tar": (right[:1024], ""),
        "cut.tar.gz": (gzipped(long)[:-1000], ""),
        "cut.tar.zst": (zstd_compress(long)[:-1000], ""),
        "cut.zip": (zipped([PAGE])[:-10], ""),
        "no_archive.txt": (b"hello world" * 100, ""),
        "bomb.tar.gz": (gzipped(zeros(60)), "zeros"),
        "bomb.tar.zst": (zstd_compress(zeros(60)), "zeros"),
        "bomb.zip": (zipped([("zeros", bytes(60 << 20))]), "zeros"),
        "bomb_of_many.zip": (zipped([(f"{i:02d}", bytes(4 << 20)) for i in range(30)]), ""),
        "overlapping.zip": (overlapping_zip(), ""),
        "liar.zip": (lying_zip(), "liar"),
    })
    return found


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    small = {name: data for name, (data, _) in refused().items() if len(data) < 20_000}
    small["right.tar"] = tar(SITE.items())
    small["right.tar.gz"] = gzipped(tar(SITE.items()))
    small["right.tar.zst"] = zstd_compress(tar(SITE.items()))
    small["right.zip"] = zipped(SITE.items())
    small["skipped.zip"] = zipped([("index.html", b"x"), (".git/config", b"x"), (".env.local", b"x")])
    for name, data in small.items():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(data)


if __name__ == "__main__":
    main()
