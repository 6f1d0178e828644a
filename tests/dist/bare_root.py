"""Unpacks a release archive where there is nothing but what it holds, runs it there, and takes its tour.

On Linux the program is locked into a folder with the archive, the system libraries that it links, /dev/null and /proc, and has no
network but its own loopback. Elsewhere, or where that is not permitted, an empty environment has to do.

Prints one line of JSON, and the tour's answers before it, a line each. Fails if the tour does, if the program does not end well at
Ctrl-C or leaves something running, or if root on Linux could not lock it in.

usage: python3 tests/dist/bare_root.py ARCHIVE
"""

import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from pathlib import Path

ALONE = "LATCHKEY_TEST_ALONE"


def unpack(archive: Path, root: Path) -> Path:
    with tarfile.open(archive) as packed:
        packed.extractall(root, filter="data")
    (folder,) = root.iterdir()
    return folder.rename(root / "latchkey")


def furnish(root: Path, folder: Path) -> None:
    """Adds what every Linux has."""
    programs = [folder / "latchkey", *folder.glob("functions/*/bootstrap")]
    listed = subprocess.run(["ldd", *programs], check=True, stdout=subprocess.PIPE, text=True).stdout
    for library in sorted(set(re.findall(r"(/\S+\.so\S*) \(0x", listed))):
        copy = root / library.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, copy)
    for name in ["dev", "proc"]:
        (root / name).mkdir()
    (root / "dev/null").touch()
    subprocess.run(["mount", "--bind", "/dev/null", root / "dev/null"], check=True)
    subprocess.run(["mount", "--rbind", "/proc", root / "proc"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def running_in(folder: Path) -> list[str]:
    """The programs of the archive that run."""
    processes = subprocess.run(["ps", "-A", "-o", "pid=,args="], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    own = [str(folder), "/latchkey/functions/", "/latchkey/latchkey"]
    return [line for line in processes if any(place in line for place in own) and "bare_root.py" not in line]


def try_out(archive: Path, is_alone: bool) -> dict:
    root = Path(tempfile.mkdtemp(prefix="latchkey-dist-")).resolve()
    folder = unpack(archive, root)
    if is_alone:
        furnish(root, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"

    def lock_in() -> None:
        if is_alone:
            os.chroot(root)
            os.chdir("/latchkey")

    program = ["/latchkey/latchkey" if is_alone else str(folder / "latchkey"), "dev", "--port", url.rsplit(":", 1)[1]]
    with open(root / "log", "wb") as log:
        started = time.monotonic()
        process = subprocess.Popen(program, cwd=folder, env={}, preexec_fn=lock_in, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    while not answers(f"{url}/.well-known/jwks.json"):
        if process.poll() is not None or time.monotonic() - started > 60:
            raise SystemExit(f"It does not answer:\n{(root / 'log').read_text()}")
        time.sleep(0.01)
    seconds = time.monotonic() - started

    for page in ["/docs", "/docs/openapi.json", "/docs/errors", "/docs/README"]:
        assert answers(url + page), page
    blocks = re.findall(r"^```sh\n(.*?)^```$", (folder / "docs/tour.md").read_text(), re.DOTALL | re.MULTILINE)
    tour = "\n".join(blocks).replace("http://127.0.0.1:9000", url)
    taken = subprocess.run(["bash", "-euo", "pipefail", "-c", tour], cwd=folder, stdout=subprocess.PIPE, text=True)
    print(taken.stdout, end="")

    busy = len(running_in(folder))
    process.send_signal(signal.SIGINT)
    status = process.wait(10)
    left = running_in(folder)
    said = (root / "log").read_text()
    shutil.rmtree(folder)
    return {"alone": is_alone, "seconds": seconds, "tour": taken.returncode, "busy": busy, "status": status, "left": left, "said": said}


def main() -> None:
    if platform.system() == "Linux" and ALONE not in os.environ:
        apart = ["unshare", "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
        if subprocess.run([*apart, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.execvpe("unshare", [*apart, sys.executable, *sys.argv], os.environ | {ALONE: "1"})
    report = try_out(Path(sys.argv[1]), ALONE in os.environ)
    print(json.dumps(report))
    must_be_alone = platform.system() == "Linux" and os.geteuid() == 0
    if report["tour"] or report["status"] or report["left"] or (must_be_alone and not report["alone"]):
        sys.exit(1)


if __name__ == "__main__":
    main()
