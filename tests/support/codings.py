"""Undoes the content codings a server may apply, through the same C libraries the system has (no Python package needed)."""
import ctypes
import gzip

_BROTLI = ctypes.CDLL("libbrotlidec.so.1")
_BROTLI.BrotliDecoderDecompress.restype = ctypes.c_int
_BROTLI.BrotliDecoderDecompress.argtypes = [ctypes.c_size_t, ctypes.c_char_p, ctypes.POINTER(ctypes.c_size_t), ctypes.c_void_p]
_ZSTD = ctypes.CDLL("libzstd.so.1")
_ZSTD.ZSTD_decompress.restype = ctypes.c_size_t
_ZSTD.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
_ZSTD.ZSTD_isError.argtypes = [ctypes.c_size_t]
_ZSTD.ZSTD_compress.restype = ctypes.c_size_t
_ZSTD.ZSTD_compress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
_ZSTD.ZSTD_compressBound.restype = ctypes.c_size_t
_ZSTD.ZSTD_compressBound.argtypes = [ctypes.c_size_t]


def decode(coding, data, size):
    """The identity bytes. `size` is what they must measure: a coding that yields anything else raises."""
    if coding in (None, "", "identity"):
        plain = data
    elif coding == "gzip":
        plain = gzip.decompress(data)
    elif coding == "br":
        room = ctypes.create_string_buffer(size + 1)
        length = ctypes.c_size_t(size + 1)
        if _BROTLI.BrotliDecoderDecompress(len(data), data, ctypes.byref(length), room) != 1:
            raise AssertionError("not a brotli stream of the expected size")
        plain = room.raw[:length.value]
    elif coding == "zstd":
        room = ctypes.create_string_buffer(size + 1)
        length = _ZSTD.ZSTD_decompress(room, size + 1, data, len(data))
        if _ZSTD.ZSTD_isError(length):
            raise AssertionError("not a zstd frame of the expected size")
        plain = room.raw[:length]
    else:
        raise AssertionError(f"unknown content coding {coding}")
    if len(plain) != size:
        raise AssertionError(f"{coding}: {len(plain)} bytes instead of {size}")
    return plain


def zstd_compress(data, level=3):
    bound = _ZSTD.ZSTD_compressBound(len(data))
    room = ctypes.create_string_buffer(bound)
    length = _ZSTD.ZSTD_compress(room, bound, data, len(data), level)
    if _ZSTD.ZSTD_isError(length):
        raise AssertionError("zstd refused")
    return room.raw[:length]
