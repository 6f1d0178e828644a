"""The examples of the READMEs and of docs/clients.md run against a running stack."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
PAGES = [HERE / "README.md", HERE.parents[1] / "README.md", HERE.parents[1] / "docs/clients.md"]
EXAMPLES = [code for page in PAGES for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)]


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_runs(code, demo, monkeypatch):
    monkeypatch.setenv("LATCHKEY_API_KEY", demo.key.token)
    monkeypatch.setenv("LATCHKEY_USER", demo.stack["username"])
    monkeypatch.setenv("LATCHKEY_PASSWORD", demo.stack["password"])

    exec(code.replace("https://auth.example.org", demo.latchkey.audience), {"__name__": "example"})
