"""The country of an address by a file: noticed when it is new, missed by nobody when it is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fakes import mmdb
from webapp import geoip

FRANCE, JAPAN = {"country": {"iso_code": "FR"}}, {"country": {"iso_code": "JP"}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    networks = {
        "203.0.113.0/24": FRANCE,
        "2001:db8::/32": JAPAN,
        "198.51.100.0/25": {"continent": {"code": "EU"}},
        "198.51.100.128/25": {"country": "nonsense"},
    }
    return mmdb.write(tmp_path / "countries.mmdb", networks)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("203.0.113.7", "FR"),
        ("2001:db8::1", "JP"),
        ("203.0.114.7", ""),
        ("198.51.100.7", ""),
        ("198.51.100.200", ""),
        ("not an address", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_an_address_is_where_the_file_says(file: Path, address: str | None, code: str) -> None:
    assert geoip.country(str(file), address) == code


def test_a_newer_file_takes_the_place_of_the_old(file: Path, tmp_path: Path) -> None:
    assert geoip.country(str(file), "203.0.113.7") == "FR"
    new = mmdb.write(tmp_path / "new.mmdb", {"203.0.113.0/24": JAPAN})
    os.utime(new, ns=(1, 1))
    new.replace(file)
    assert geoip.country(str(file), "203.0.113.7") == "JP"
    file.unlink()
    assert geoip.country(str(file), "203.0.113.7") == ""


@pytest.mark.parametrize("content", [None, b"", b"not a database", mmdb.MARK])
def test_without_a_file_that_can_be_read_nobody_is_anywhere(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.mmdb"
    if content is not None:
        path.write_bytes(content)
    assert geoip.country(str(path), "203.0.113.7") == ""
    assert geoip.country(str(tmp_path), "203.0.113.7") == ""
    assert geoip.country("", "203.0.113.7") == ""
