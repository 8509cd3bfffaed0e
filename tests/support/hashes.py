"""SHA-256 by the standard library; BLAKE3-256 in a few lines of Python for small inputs, by b3sum for large ones."""
import hashlib
import struct
import subprocess

_IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_CHUNK_START, _CHUNK_END, _PARENT, _ROOT = 1, 2, 4, 8
_MASK = 0xFFFFFFFF
_LARGE = 256 * 1024


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def _g(v, a, b, c, d, x, y):
    v[a] = (v[a] + v[b] + x) & _MASK
    t = v[d] ^ v[a]
    v[d] = ((t >> 16) | (t << 16)) & _MASK
    v[c] = (v[c] + v[d]) & _MASK
    t = v[b] ^ v[c]
    v[b] = ((t >> 12) | (t << 20)) & _MASK
    v[a] = (v[a] + v[b] + y) & _MASK
    t = v[d] ^ v[a]
    v[d] = ((t >> 8) | (t << 24)) & _MASK
    v[c] = (v[c] + v[d]) & _MASK
    t = v[b] ^ v[c]
    v[b] = ((t >> 7) | (t << 25)) & _MASK


def _compress(chaining, block, counter, length, flags):
    m = list(struct.unpack("<16I", block.ljust(64, b"\0")))
    v = [*chaining, *_IV[:4], counter & _MASK, counter >> 32, length, flags]
    for turn in range(7):
        _g(v, 0, 4, 8, 12, m[0], m[1])
        _g(v, 1, 5, 9, 13, m[2], m[3])
        _g(v, 2, 6, 10, 14, m[4], m[5])
        _g(v, 3, 7, 11, 15, m[6], m[7])
        _g(v, 0, 5, 10, 15, m[8], m[9])
        _g(v, 1, 6, 11, 12, m[10], m[11])
        _g(v, 2, 7, 8, 13, m[12], m[13])
        _g(v, 3, 4, 9, 14, m[14], m[15])
        if turn < 6:
            m = [m[i] for i in _PERMUTATION]
    return [v[i] ^ v[i + 8] for i in range(8)]


def _chunk(data, counter, root):
    chaining = _IV
    blocks = [data[i:i + 64] for i in range(0, len(data), 64)] or [b""]
    for i, block in enumerate(blocks):
        flags = (_CHUNK_START if i == 0 else 0) | ((_CHUNK_END | root) if i == len(blocks) - 1 else 0)
        chaining = _compress(chaining, block, counter, len(block), flags)
    return chaining


def _tree(data, first, root):
    if len(data) <= 1024:
        return _chunk(data, first, root)
    chunks = (len(data) + 1023) // 1024
    left = 1 << ((chunks - 1).bit_length() - 1)
    block = struct.pack("<16I", *_tree(data[:left * 1024], first, 0), *_tree(data[left * 1024:], first + left, 0))
    return _compress(_IV, block, 0, 64, _PARENT | root)


def blake3(data):
    if len(data) > _LARGE:
        done = subprocess.run(["b3sum", "--no-names"], input=data, capture_output=True, check=True)
        return done.stdout.decode().strip()
    return struct.pack("<8I", *_tree(data, 0, _ROOT)).hex()
