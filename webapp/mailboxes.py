"""The mailbox behind an e-mail address: one, in however many ways its address is written."""

from __future__ import annotations

GOOGLE = ("gmail.com", "googlemail.com")
LONGEST = 320  # a domain is longer as the name service has it


def mailbox(address: str) -> str:
    """In lower case, without a `+tag`; Google's, which go by two domains, without dots; `müller.de` as the name service
    has it. What other providers make of dots and hyphens is not known here, so those count."""
    local, _at, domain = address.strip().lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in GOOGLE:
        local, domain = local.replace(".", ""), GOOGLE[0]
    return f"{local}@{_as_asked_for(domain)}"[:LONGEST]


def _as_asked_for(domain: str) -> str:
    try:
        return domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return domain
