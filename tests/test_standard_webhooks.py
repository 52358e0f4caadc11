"""Signatures as the Standard Webhooks specification has them. What is refused: tests/blueprints/test_webhooks.py."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from tests.conftest import TurnedClock
from webapp import standard_webhooks
from webapp.paying import BadNotice

# The example of the specification.
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
AT = datetime.fromtimestamp(1614265330, UTC)
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def secret(length: int) -> str:
    return "whsec_" + base64.b64encode(b"x" * length).decode()


def test_the_specifications_own_example() -> None:
    [key] = standard_webhooks.keys_of(KEY)
    headers = standard_webhooks.sign([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", AT, BODY)
    assert headers["webhook-signature"] == SIGNATURE
    assert headers["webhook-timestamp"] == "1614265330"


def test_two_secrets_sign_and_either_is_believed(clock: TurnedClock) -> None:
    clock.now = AT
    new, old = standard_webhooks.keys_of(f"{secret(32)}, {KEY}")
    headers = standard_webhooks.sign([new, old], "msg_1", AT, BODY)
    for keys in ([new], [old], [new, old]):
        assert standard_webhooks.check(keys, BODY, headers) == "msg_1"
    with pytest.raises(BadNotice):
        standard_webhooks.check(standard_webhooks.keys_of(secret(24)), BODY, headers)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_***", "secret", secret(23), secret(65), f"{KEY},", "whsec_ü"])
def test_what_is_no_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"a secret is whsec_ and the base64 of 24 to 64 bytes$"):
        standard_webhooks.keys_of(text)
