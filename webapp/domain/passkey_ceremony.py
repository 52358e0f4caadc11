"""What a browser and we say to each other about a passkey, by WebAuthn.

Only `passkeys.py` needs it, and loads it when somebody uses a passkey: what it brings along takes every process some
eight megabytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

WRONG = (WebAuthnException, ValueError, KeyError, TypeError)


class Refused(Exception):
    """What the browser says does not hold."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser's answer is compared with. `challenge` is base64url, `host` and `origin` are ours."""

    challenge: str
    host: str
    origin: str


class Made(NamedTuple):
    """A new passkey; its id and its public key in base64url."""

    credential_id: str
    public_key: str
    sign_count: int


def registration_options(
    *, handle: bytes, user_name: str, display_name: str, host: str, network: str, known: Sequence[str]
) -> dict[str, Any]:
    """For navigator.credentials.create: a key that is found without a name, behind the device's own lock."""
    options = generate_registration_options(
        rp_id=host,
        rp_name=network,
        user_id=handle,
        user_name=user_name,
        user_display_name=display_name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=descriptors(known),
    )
    return dict(json.loads(options_to_json(options)))


def sign_in_options(*, host: str, allowed: Sequence[str] | None) -> dict[str, Any]:
    """For navigator.credentials.get; `allowed`: the ids of the passkeys that may answer, None for any."""
    options = generate_authentication_options(
        rp_id=host,
        allow_credentials=descriptors(allowed) if allowed is not None else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(options_to_json(options)))


def descriptors(ids: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in ids]


def registered(answer: str, asked: Asked) -> Made:
    """The passkey that was made. Raises Refused."""
    try:
        verified = verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(asked.challenge),
            expected_rp_id=asked.host,
            expected_origin=asked.origin,
            require_user_verification=True,
        )
    except WRONG:
        raise Refused() from None
    public_key = bytes_to_base64url(verified.credential_public_key)
    return Made(bytes_to_base64url(verified.credential_id), public_key, verified.sign_count)


def answered(answer: str, asked: Asked, *, public_key: str, sign_count: int) -> int:
    """How often the passkey has signed by now. Raises Refused."""
    try:
        verified = verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(asked.challenge),
            expected_rp_id=asked.host,
            expected_origin=asked.origin,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except WRONG:
        raise Refused() from None
    return verified.new_sign_count
