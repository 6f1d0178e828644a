"""Packs each function into the zip that `sam deploy` uploads, byte for byte, and lists the zips.

A zip depends on its binary alone: it carries the zip format's first day for a time and 0755 for a mode, as SAM's own do.
The compression is zlib's, and another zlib may give other bytes for the same binary, so the binaries have a list of their
own. Both lists are what `sha256sum --check` reads.

usage: python3 infra/release/zips.py FOLDER_OF_BINARIES FOLDER_OF_ZIPS FUNCTION...
"""

import hashlib
import stat
import sys
import zipfile
from pathlib import Path


def pack(binary: bytes, zip_path: Path) -> bytes:
    entry = zipfile.ZipInfo("bootstrap")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFREG | 0o755) << 16
    with zipfile.ZipFile(zip_path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(entry, binary, compress_type=zipfile.ZIP_DEFLATED)
    return zip_path.read_bytes()


def main(binaries: Path, zips: Path, functions: list[str]) -> None:
    zips.mkdir(parents=True, exist_ok=True)
    for of_another_run in zips.glob("*.zip"):
        of_another_run.unlink()
    width = max(map(len, functions))
    of_zips, of_binaries = [], []
    print(f"{'function':{width}}  {'binary':>9}  {'zip':>9}  SHA-256 of the zip")
    for function in sorted(functions):
        binary = (binaries / function / "bootstrap").read_bytes()
        zipped = pack(binary, zips / f"{function}.zip")
        digest = hashlib.sha256(zipped).hexdigest()
        of_zips.append(f"{digest}  {function}.zip\n")
        of_binaries.append(f"{hashlib.sha256(binary).hexdigest()}  {function}/bootstrap\n")
        print(f"{function:{width}}  {len(binary):9,}  {len(zipped):9,}  {digest}")
    (zips / "SHA256SUMS").write_text("".join(of_zips))
    (zips / "SHA256SUMS.binaries").write_text("".join(of_binaries))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
