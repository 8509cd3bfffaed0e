"""Sites that tests deploy: {path: bytes}. Made from a seed, so that a failure can be repeated."""
import random

_WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau".split()


def page(title, body="", size=0):
    text = f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{body}</p>"
    return text.encode() + b"x" * max(0, size - len(text))


def text(size, seed=0):
    """Compressible prose of exactly `size` bytes."""
    source = random.Random(seed)
    out = []
    length = 0
    while length < size:
        word = source.choice(_WORDS)
        out.append(word)
        length += len(word) + 1
    return " ".join(out).encode()[:size].ljust(size, b".")


def noise(size, seed=0):
    """Incompressible bytes."""
    return random.Random(seed).randbytes(size)


def many(count, size=64, seed=0, stem="files"):
    """`count` different small files spread over folders, with an index."""
    files = {"index.html": page(f"{count} files")}
    for i in range(count - 1):
        head = f"file {i} of {count}, seed {seed}\n".encode()
        files[f"{stem}/{i // 100:04d}/{i:06d}.txt"] = head + b"." * max(0, size - len(head))
    return files


def write(files, folder):
    """Puts the files into a folder on disk."""
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


SIMPLE = {"index.html": page("Home", "hello"), "about.html": page("About"), "style.css": b"body{margin:0}", "app.js": b"console.log(1)"}
