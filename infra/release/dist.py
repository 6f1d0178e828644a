"""Packs the release archive: the program, the functions, all that `latchkey dev` and `sam deploy` need, and the client libraries
that `make clients` has built.

The same files give the same bytes: they are sorted, belong to root, and have the time of the last commit, or of SOURCE_DATE_EPOCH.
The compression is zlib's, and another zlib may give other bytes for the same tar.

usage: python3 infra/release/dist.py [--target TARGET] [--program FILE] [--local FOLDER] FUNCTION...
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

LICENCE = re.compile(r"(licen[cs]e|copying|notice|unlicense)([-_.].*)?", re.IGNORECASE)
# What AWS calls the processors of the targets.
PROCESSORS = {"x86_64": "x86_64", "aarch64": "arm64"}


def output(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def host() -> str:
    return re.search(r"^host: (.*)$", output("rustc", "-vV"), re.MULTILINE)[1]


def shipped(metadata: dict, roots: list[str]) -> list[dict]:
    """The crates that are compiled into `roots`, those of others."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    packages = {package["id"]: package for package in metadata["packages"]}
    waiting = [package["id"] for package in packages.values() if package["name"] in roots]
    seen = set(waiting)
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            is_compiled_in = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if is_compiled_in and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    others = [packages[package] for package in seen if packages[package]["source"]]
    return sorted(others, key=lambda package: (package["name"], package["version"]))


def licence_texts(folder: Path) -> list[str]:
    """The texts that a crate has, and those of what it has in a zip, as Swagger UI is."""
    texts = [path.read_text(errors="replace") for path in sorted(folder.iterdir()) if path.is_file() and LICENCE.fullmatch(path.name)]
    for packed in sorted(folder.glob("res/*.zip")):
        with zipfile.ZipFile(packed) as archive:
            names = [name for name in archive.namelist() if name.count("/") == 1 and LICENCE.fullmatch(name.split("/")[1])]
            texts += [archive.read(name).decode(errors="replace") for name in sorted(names)]
    return texts


def licences(target: str, functions: list[str]) -> str:
    """Each text once, under the crates that have it."""
    metadata = json.loads(output("cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target))
    holders: dict[str, list[str]] = {}
    listed = []
    for crate in shipped(metadata, [*functions, "latchkey-cli"]):
        name = f"{crate['name']} {crate['version']}"
        listed.append(f"{name}: {crate['license'] or 'see its text'}\n")
        for text in licence_texts(Path(crate["manifest_path"]).parent):
            holders.setdefault(text.strip(), []).append(name)
    texts = [f"\n{'-' * 80}\n{', '.join(names)}\n\n{text}\n" for text, names in holders.items()]
    return "What is compiled into this program and these functions, besides Latchkey itself.\n\n" + "".join(listed + texts)


def template(functions: list[str]) -> str:
    """The template, whose functions lie beside it."""
    text = Path("template.yaml").read_text()
    text, found = re.subn(r"(?m)^(      CodeUri: )target/lambda/(.*)/$", r"\1functions/\2/", text)
    if found != len(functions) or "target/lambda/" in text:
        raise SystemExit(f"template.yaml names {found} functions of {len(functions)}")
    return text.replace("The binaries in target/lambda must be built for it.", "The binaries in functions/ are built for it.")


def readme(version: str, target: str) -> str:
    """The archive's own."""
    return Path("infra/release/archive.md").read_text().replace("@VERSION@", version).replace("@TARGET@", target)


def contents(version: str, target: str, program: Path, local: Path | None, functions: list[str]) -> dict[str, tuple[bytes, int]]:
    """Content and mode of each file."""
    files = {"latchkey": (program.read_bytes(), 0o755)}
    for function in functions:
        files[f"functions/{function}/bootstrap"] = ((Path("target/lambda") / function / "bootstrap").read_bytes(), 0o755)
        if local:
            files[f"local/{function}/bootstrap"] = ((local / function).read_bytes(), 0o755)
    texts = {"README.md": readme(version, target), "template.yaml": template(functions)}
    texts["THIRD-PARTY-LICENSES"] = licences(target, functions)
    texts["openapi.yaml"] = Path("infra/openapi.yaml").read_text()
    for name in ["samconfig.toml", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"]:
        texts[name] = Path(name).read_text()
    architecture = PROCESSORS[target.split("-")[0]]
    for path in Path("infra/parameters").glob("*.yaml"):
        texts[path.as_posix()] = re.sub(r"(?m)^Architecture: .*$", f"Architecture: {architecture}", path.read_text())
    files |= {name: (text.encode(), 0o644) for name, text in texts.items()}
    for package in [f"-client-{version}.tgz", f"_client-{version}-py3-none-any.whl", f"_client-{version}.tar.gz", f"-client-{version}.crate"]:
        files[f"clients/latchkey{package}"] = ((Path("target/clients") / f"latchkey{package}").read_bytes(), 0o644)
    pages = [Path(name) for name in output("git", "ls-files", "docs").splitlines()]
    files |= {path.as_posix(): (path.read_bytes(), 0o644) for path in pages}
    return files


def pack(root: str, files: dict[str, tuple[bytes, int]], time: int) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, filename="", mtime=0) as compressed:
        with tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name in sorted(files):
                content, mode = files[name]
                entry = tarfile.TarInfo(f"{root}/{name}")
                entry.size, entry.mode, entry.mtime = len(content), mode, time
                entry.uname = entry.gname = "root"
                archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--target", help="what the program is built for; this machine unless given")
    arguments.add_argument("--program", type=Path, default=Path("target/lambda/latchkey/bootstrap"))
    arguments.add_argument("--local", type=Path, help="the functions for this machine, where it can't run those for AWS")
    arguments.add_argument("functions", nargs="+")
    arguments = arguments.parse_args()
    target = arguments.target or host()
    version = re.search(r'(?m)^version = "(.*)"$', Path("Cargo.toml").read_text())[1]
    time = int(os.environ.get("SOURCE_DATE_EPOCH") or output("git", "log", "-1", "--format=%ct"))

    root = f"latchkey-{version}-{target}"
    files = contents(version, target, arguments.program, arguments.local, sorted(arguments.functions))
    archive = pack(root, files, time)
    folder = Path("target/dist")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{root}.tar.gz").write_bytes(archive)
    digest = hashlib.sha256(archive).hexdigest()
    (folder / f"{root}.tar.gz.sha256").write_text(f"{digest}  {root}.tar.gz\n")
    unpacked = sum(len(content) for content, _ in files.values())
    print(f"{folder}/{root}.tar.gz  {len(archive):,} bytes, {unpacked:,} unpacked  {digest}")


if __name__ == "__main__":
    main()
