"""What `./dev` tells the processes, and the installer."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest


def test_pip_configuration_is_read_as_pip_reads_it(dev: Any) -> None:
    listing = "\n".join(
        [
            "global.index-url='https://one.example/simple'",
            "global.timeout='30'",
            ":env:.timeout='60'",
            "install.index-url='https://two.example/simple'",
            "freeze.timeout='1'",
            "global.find-links='/a\\n/b'",
        ]
    )
    settings = dev.pip_settings(listing)
    assert settings == {"index-url": "https://two.example/simple", "timeout": "60", "find-links": "/a\n/b"}


def test_the_index_of_pip_becomes_the_index_of_uv(dev: Any) -> None:
    listing = "\n".join(
        [
            "global.index-url='https://one.example/simple'",
            "global.extra-index-url='https://x.example https://y.example'",
            "global.find-links='/a\\n/b'",
            "global.trusted-host='one.example two.example'",
            "global.cert='/etc/ca.pem'",
        ]
    )
    env = dev.uv_environment({"HOME": "/home/me"}, listing)
    assert env == {
        "HOME": "/home/me",
        "UV_DEFAULT_INDEX": "https://one.example/simple",
        "UV_INDEX": "https://x.example https://y.example",
        "UV_FIND_LINKS": "/a,/b",
        "UV_INSECURE_HOST": "one.example two.example",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": "/etc/ca.pem",
    }


@pytest.mark.parametrize("own", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_an_index_set_for_uv_itself_wins(dev: Any, own: str) -> None:
    env = dev.uv_environment({own: "https://mine.example"}, "global.index-url='https://one.example/simple'")
    assert env[own] == "https://mine.example"
    assert "https://one.example/simple" not in env.values()


def test_nothing_is_set_that_the_person_has_set(dev: Any, tmp_path: Path) -> None:
    given = {"BASE_URL": "https://shop.example", "SECRET_KEY": "mine", "SANDBOX_GATEWAY": "0", "PORT": "9000"}
    env = dev.local_environment(given, tmp_path)
    assert {name: env[name] for name in given} == given
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "http://localhost:9000"),
        ("0.0.0.0", "http://localhost:9000"),
        ("::", "http://localhost:9000"),
        ("192.0.2.7", "http://192.0.2.7:9000"),
        ("2001:db8::7", "http://[2001:db8::7]:9000"),
    ],
)
def test_the_public_address_follows_host_and_port(dev: Any, tmp_path: Path, host: str, address: str) -> None:
    assert dev.local_environment({"HOST": host, "PORT": "9000"}, tmp_path)["BASE_URL"] == address


def test_keys_are_made_once_and_are_their_owners_alone(dev: Any, tmp_path: Path) -> None:
    first, second = dev.local_environment({}, tmp_path), dev.local_environment({}, tmp_path)
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS"):
        assert first[name] == second[name]
        assert len(first[name]) >= 44
        assert stat.S_IMODE((tmp_path / name.lower()).stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"clone", "encryption_keys", "secret_key"}


@pytest.mark.parametrize("port", ["0", "65536", "-1", "abc", "80 80", "²"])
def test_a_port_that_is_none_is_refused(dev: Any, port: str) -> None:
    with pytest.raises(dev.Problem, match="PORT must be a number"):
        dev.address({"PORT": port})


def test_a_socket_moves_where_its_path_is_short_enough(dev: Any, tmp_path: Path) -> None:
    short, long = tmp_path / "s", tmp_path / ("l" * 120)
    long.mkdir()
    moved = dev.redis_socket(long)
    try:
        assert len(str(moved)) < 108
        assert stat.S_IMODE(moved.parent.stat().st_mode) == 0o700
    finally:
        moved.parent.rmdir()
    if len(str(short)) < 90:
        short.mkdir()
        assert dev.redis_socket(short) == short / "redis.sock"
