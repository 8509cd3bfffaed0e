"""Archives for one-shot deploys, right ones and one of every kind that must be refused. Also writes the fuzz corpus:
`python3 tests/support/archives.py fuzz/corpus/archive`."""
import gzip
import io
import os
import stat
import struct
import sys
import tarfile
import zipfile
import zlib

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


def zip_link(name):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
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


def bomb_of_zeros(megabytes):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") as packed:
        info = tarfile.TarInfo("zeros")
        info.size = megabytes << 20
        packed.write(info.tobuf())
        for _ in range(megabytes):
            packed.write(bytes(1 << 20))
        packed.write(bytes(1024))
    return out.getvalue()


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


def refused():
    """name → (archive, a word of the reason)."""
    right = tar([("index.html", b"hello")], tarfile.USTAR_FORMAT)
    page = ("index.html", b"hello")
    return {
        "traversal.tar": (tar([page, ("a/../../etc/passwd", b"x")]), "etc/passwd"),
        "traversal.zip": (zipped([page, ("../evil", b"x")]), "../evil"),
        "absolute.tar": (tar([page, ("/etc/passwd", b"x")]), "/etc/passwd"),
        "absolute.zip": (zipped([page, ("/etc/passwd", b"x")]), "/etc/passwd"),
        "traversal_backslash.zip": (raw_zip_name(b"..\\evil"), "evil"),
        "symlink.tar": (tar([page, (tar_special("ln", tarfile.SYMTYPE, "/etc/passwd"), b"")]), "symbolic link"),
        "symlink.zip": (zipped([page, (zip_link("ln"), b"/etc/passwd")]), "symbolic link"),
        "hardlink.tar": (tar([page, (tar_special("ln", tarfile.LNKTYPE, "index.html"), b"")]), "hard link"),
        "device.tar": (tar([page, (tar_special("dev", tarfile.CHRTYPE), b"")]), "regular file"),
        "fifo.tar": (tar([page, (tar_special("fifo", tarfile.FIFOTYPE), b"")]), "regular file"),
        "duplicate.tar": (tar([page, ("index.html", b"other")]), "twice"),
        "duplicate.zip": (zipped([page, ("./index.html", b"other")]), "twice"),
        "name_not_utf8.tar": (tar([page, ("caf\udce9", b"x")], tarfile.GNU_FORMAT), "caf"),
        "name_not_utf8.zip": (raw_zip_name(b"caf\xe9"), "caf"),
        "encrypted.zip": (encrypted_zip(), "a.txt"),
        "sparse.tar": (sparse_tar(), "sparse"),
        "cut_in_a_member.tar": (right[:514], ""),
        "cut_between_members.tar": (right[:1024], ""),
        "cut.tar.gz": (gzip.compress(tar([page, ("b", os.urandom(5000))]))[:-1000], ""),
        "cut.zip": (zipped([page])[:-10], ""),
        "no_files.tar": (tar([(tar_special("folder", tarfile.DIRTYPE), b"")]), "no files"),
        "no_files.zip": (zipped([]), "no files"),
        "no_archive.txt": (b"hello world" * 100, ""),
        "bomb.tar.gz": (bomb_of_zeros(60), "zeros"),
        "overlapping.zip": (overlapping_zip(), ""),
    }


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    small = {name: data for name, (data, _) in refused().items() if len(data) < 20_000}
    small["right.tar"] = tar(SITE.items())
    small["right.tar.gz"] = gzip.compress(tar(SITE.items()))
    small["right.zip"] = zipped(SITE.items())
    small["skipped.zip"] = zipped([("index.html", b"x"), (".git/config", b"x"), (".env.local", b"x")])
    for name, data in small.items():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(data)


if __name__ == "__main__":
    main()
