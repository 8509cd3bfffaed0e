"""Real markdown for the builders: the documentation in two npm packages, the same text for everybody.

Front matter is replaced by a title, and what hugo would take for a shortcode is parted by a space: nothing else is touched.
"""
import json
import pathlib
import re
import subprocess
import tarfile

PACKAGES = ("@mastra/mcp-docs-server@1.2.27", "@intlayer/docs@8.9.6")
LONGEST = 100_000  # bytes of a page that the content API takes


def fetch(folder):
    """The packages, unpacked below `folder` once."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        place = folder / re.sub(r"\W+", "-", package).strip("-")
        if place.exists():
            continue
        name = subprocess.run(["npm", "pack", "--silent", "--ignore-scripts", package], cwd=folder, check=True, capture_output=True, text=True).stdout.split()[-1]
        with tarfile.open(folder / name) as archive:
            archive.extractall(place)


def slug(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:100].strip("-") or "page"


def pages(folder, count):
    """(section, slug, title, text) of `count` pages in a stable order."""
    fetch(folder)
    found, taken = [], set()
    for package in PACKAGES:
        root = folder / re.sub(r"\W+", "-", package).strip("-") / "package"
        for path in sorted(p for p in root.rglob("*.md") if p.is_file()):
            text = path.read_text(errors="replace").replace("\0", "")
            text = re.sub(r"\A---\n.*?\n---\n", "", text, count=1, flags=re.S)
            text = text.replace("{{<", "{{ <").replace("{{%", "{{ %")
            if not text.strip() or len(text.encode()) > LONGEST:
                continue
            parts = path.relative_to(root).with_suffix("").parts
            section = slug("-".join(parts[1:-1][:2]) or parts[0]).replace("--", "-")
            name = slug("-".join(parts[2:]) or parts[-1])
            if name == "index":
                name = "start"  # "index.md" would make hugo take the other files of the folder for attachments, which it does not render
            while (section, name) in taken:
                name = name[:95] + f"-{len(found)}"
            taken.add((section, name))
            heading = re.search(r"^# +(.+)$", text, flags=re.M)
            title = (heading.group(1) if heading else parts[-1]).strip()
            while len(title.encode()) > 200:
                title = title[:-1]
            found.append((section, name, title or name, text))
    if len(found) < count:
        raise SystemExit(f"there are only {len(found)} pages of {count}")
    return found[:count]


def without_languages(text):
    """The same text with fences that nobody colours."""
    return re.sub(r"^(\s*(?:```+|~~~+))[^\n`]*$", r"\1", text, flags=re.M)


def write_folder(folder, chosen):
    """As `sitepod publish` and hugo's content folder both read it."""
    for section, name, title, text in chosen:
        path = pathlib.Path(folder) / "docs" / section / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\ntitle: {json.dumps(title)}\n---\n{text}")
