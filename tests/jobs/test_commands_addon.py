"""`addon new` begins an add-on that works, and never overwrites one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from tests import factories
from tests.addons import installed
from tests.pages import Browser


def new(app: Flask, name: str, into: Path) -> Result:
    return app.test_cli_runner().invoke(args=["addon", "new", name, "--into", str(into)])


def test_it_sells_as_it_is(app: Flask, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "my_little_bank.py sells as it is" in new(app, "my_little_bank", tmp_path).output
    folder = tmp_path / "my_little_bank"
    assert "from my_little_bank import MyLittleBank" in (folder / "test_my_little_bank.py").read_text()
    assert "your_gateway" not in (folder / "my_little_bank.py").read_text()
    monkeypatch.syspath_prepend(str(folder))
    factories.product("premium")
    with installed(app, "my_little_bank") as [addon]:
        assert addon.error == ""
        browser.get("/register/premium")
        assert 'value="my-little-bank"' in browser.page.html
    del sys.modules["my_little_bank"]


def test_what_is_there_is_left_alone(app: Flask, tmp_path: Path) -> None:
    new(app, "my_bank", tmp_path)
    written = tmp_path / "my_bank" / "my_bank.py"
    written.write_text("my work")
    again = new(app, "my_bank", tmp_path)
    assert (again.exit_code, written.read_text()) == (0, "my work")
    assert "there already" in again.output


@pytest.mark.parametrize("name", ["My", "1st", "a-b", "../up", "class", "json", "webapp", "x" * 61, ""])
def test_a_name_that_is_none_or_taken_is_refused(app: Flask, tmp_path: Path, name: str) -> None:
    assert new(app, name, tmp_path / "fresh").exit_code == 1
    assert not (tmp_path / "fresh").exists()
