"""What Google's tag writes into cookies is read in both its formats, and nothing else is believed."""

from __future__ import annotations

import pytest

from webapp.integrations.analytics.cookies import read

STREAM = "G-ABC123DEF4"


@pytest.mark.parametrize(
    ("session_cookie", "session"),
    [
        ("GS1.1.1700000000.2.1.1700000090.0.0.0", "1700000000"),
        ("GS2.1.s1700000000$o1$g0$t1700000090$j60$l0$h0", "1700000000"),
        ("GS2.1.o1$g0$s1700000000$t1700000090", "1700000000"),
        ("GS2.1.s1700000000", "1700000000"),
        ("GS1.2.1700000000", "1700000000"),
    ],
)
def test_client_and_session_are_read_in_both_formats(session_cookie: str, session: str) -> None:
    cookies = {
        "_ga": "GA1.1.1162820436.1749482504",
        "_ga_ABC123DEF4": session_cookie,
        "_ga_OTHER": "GS1.1.1.1",
    }
    assert read(cookies, STREAM) == {"client_id": "1162820436.1749482504", "session_id": session}


def test_a_cookie_of_a_subdomain_or_path_is_read() -> None:
    assert read({"_ga": "GA1.2-3.123.456"}, STREAM) == {"client_id": "123.456"}


@pytest.mark.parametrize("cookies", [{}, {"_ga": ""}, {"_ga_ABC123DEF4": "GS1.1.1700000000.1"}, {"_gid": "GA1.1.1.2"}])
def test_without_a_client_there_is_nothing(cookies: dict[str, str]) -> None:
    assert read(cookies, STREAM) is None


@pytest.mark.parametrize(
    "cookie",
    [
        "123.456",
        "GA1.1.123",
        "GA1.1.abc.def",
        "GA1.1.123.456<script>",
        "GA1.1.123.456\n",
        "GA1.1.ada@example.org.1",
        "GA1.1." + "1" * 30 + ".2",
        "GA1.1.١٢٣.٤٥٦",
    ],
)
def test_a_forged_client_is_not_believed(cookie: str) -> None:
    assert read({"_ga": cookie}, STREAM) is None


@pytest.mark.parametrize(
    "cookie", ["", "GS3.1.1700000000", "GS1.1.now.1", "GS2.1.o1$g0", "GS2.1.sx$o1", "GS2.1.xs17$o1"]
)
def test_a_session_that_cannot_be_read_is_left_out(cookie: str) -> None:
    assert read({"_ga": "GA1.1.123.456", "_ga_ABC123DEF4": cookie}, STREAM) == {"client_id": "123.456"}


def test_no_stream_no_session() -> None:
    cookies = {"_ga": "GA1.1.123.456", "_ga_ABC123DEF4": "GS1.1.1700000000.1"}
    assert read(cookies, "") == {"client_id": "123.456"}
