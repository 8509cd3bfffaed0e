"""Files of npm packages that tests read: real documentation in markdown, and axe. Fetched once, checked by their hash, kept in out/npm."""
import os
import pathlib
import re
import subprocess
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "out/npm"
SHA512 = {
    "axe-core@4.10.3": "5e6edba515e70d25f6604d9815f064d859c5d1ea7ab661bbc4f87c88779ef0c21cae0abbeb636471ef39e9d62d2582e4b88a1866f19f4ecfcf6d986275e4dc12",
    "eslint-plugin-import@2.29.1": "05b3c2d1cb84c73862328e057f50535701e98e3bf6f02e51f9bb53386682442ed4133f34d6ea7425a77091e4a4e5479de931b7e2e69ccee56e1faab2cb9614c7",
    "eslint-plugin-jsx-a11y@6.7.1": "eb70688388887ad872a3cb2606494e4649d58c1d13d9dc01f0caff8480be7c14b4bb21dd618a7333f11df980bc5714e39571c458539d9a0c1c0e7d54d8bf5508",
    "markdownlint@0.38.0": "c5a4b191a53bc18ff4f39db3180a4cf0b76521f1825bc11367446beb6210b409d432532e89fb20d3dbd625c35878be1fd1a9efafc568e1941aafc8c6a55d1bb5",
    "npm@10.9.0": "65a9c38a8172948f617a53619762cd77e12b9950fe1f9239debcb8d62c652f2081824b986fee7c0af6c0a7df615becebe4bf56e17ec27214a87aa29d9e038b4b",
    "stylelint@13.13.1": "32ff8142be574d4acaa805e6a6a9ba0dd962e8879ff8088f66446c22b02850a16eabf12591487d64c6315c3d2240d67900382164a2ce5b3d61ee14c2941ef381",
    "@typescript-eslint/eslint-plugin@5.62.0": "4e26730522636bf2db84d3ef93ac9cd09ad7f57aa143485d87a336b2f61fb0719e8da28520019df4c43e11120cccb1a537f919a18220771155d0fba58d32976a",
}
MAX_CONTENT = 100_000


def package(name):
    """The package's folder."""
    plain = name.lstrip("@").replace("/", "-").replace("@", "-")
    folder, archive = FOLDER / plain, FOLDER / f"{plain}.tgz"
    if not folder.is_dir():
        subprocess.run([ROOT / "tools/fetch_npm.sh", name, SHA512[name], archive], check=True)
        scratch = tempfile.mkdtemp(prefix=".extract-", dir=FOLDER)
        with tarfile.open(archive) as tar:
            tar.extractall(scratch)
        try:
            os.rename(scratch, folder)
        except OSError:
            if not folder.is_dir():  # another test was quicker
                raise
    return folder / "package"


def slug_of(path):
    return re.sub(r"[^a-z0-9]+", "-", path.lower().removesuffix(".md")).strip("-")[-100:].strip("-")


def title_of(text, path):
    heading = re.search(r"^# +(.+?)\s*#*$", text, re.M)
    title = re.sub(r"[`*_\[\]]|\(http[^)]*\)", "", heading[1]).strip() if heading else path.removesuffix(".md")
    return title.encode()[:200].decode("utf-8", "ignore")


def pages_of(name, section, content_type="docs", **more):
    """A package's markdown as pages: links between its files lead to their pages, links to files that it lacks to where it is at home."""
    root = package(name)
    files = {}
    for path in sorted(root.rglob("*.md")):
        text = path.read_text("utf-8", "replace")
        if 0 < len(text.encode()) <= MAX_CONTENT - 10_000:
            files[path.relative_to(root).as_posix()] = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    urls = {path: f"/{content_type}/{section}/{slug_of(path)}" for path in files}

    def target(path, link):
        if re.match(r"[a-z]+:|#|//|<", link, re.I):
            return link
        plain, mark, fragment = link.partition("#")
        found = os.path.normpath(os.path.join(os.path.dirname(path), plain)) if not plain.startswith("/") else plain
        for candidate in (found, found + ".md", found + "/README.md"):
            if candidate in urls:
                return urls[candidate] + mark + fragment
        return "https://www.npmjs.com/package/" + section + "?file=" + re.sub(r"[^A-Za-z0-9./-]", "-", plain)

    pages = []
    for path, text in files.items():
        text = re.sub(r"(\]\()([^)\s]+)(?=[)\s])", lambda found: found[1] + target(path, found[2]), text)
        text = re.sub(r"^( {0,3}\[[^\]^]+\]: *)(\S+)", lambda found: found[1] + target(path, found[2]), text, flags=re.M)
        pages.append({"title": title_of(text, path), "slug": slug_of(path), "section": section, "contentType": content_type, "content": text, **more})
    return pages
