"""The generated code is what the contract gives now: `make clients-generate` writes it."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parents[1]


def sources(folder):
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.py")}


def test_the_generated_code_is_that_of_the_contract(tmp_path):
    programs = Path(sys.executable).parent
    command = [programs / "openapi-python-client", "generate", "--meta", "none", "--fail-on-warning"]
    command += ["--path", HERE.parents[1] / "infra/openapi.yaml", "--output-path", tmp_path / "generated"]
    # It formats with ruff, which it looks for in the PATH, by the settings of the folder that it is in.
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PATH": path})

    assert sources(tmp_path / "generated") == sources(HERE / "src/latchkey_client/generated")
