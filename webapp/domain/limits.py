"""Limits and flags, reckoned from what products say; plain values in and out.

Numbers of the plan and of packages add up, each as often as it was bought; one without a limit takes the limit away. A
flag is there when one of them brings it. What the staff has set for the membership stands instead of that, and for one
site instead of both. Who asks for a membership: domain/entitlements.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MEGABYTE = 10**6
FLAG_LONGEST, FLAGS_AT_MOST = 60, 50
NEAR = 0.8  # of a limit: its holder is told where there is more


class Limit(StrEnum):
    """What is counted: sites and custom domains of the membership, the others of each site."""

    SITES = "sites"
    CUSTOM_DOMAINS = "custom_domains"
    PAGES = "pages"
    DISK = "disk"  # bytes of its pictures
    VISITS = "visits"  # in a calendar month


OF_SITE = (Limit.PAGES, Limit.DISK, Limit.VISITS)
# Of a plan that says nothing of it; None: no limit.
UNSAID: Mapping[Limit, int | None] = {Limit.SITES: 1, Limit.DISK: 100 * MEGABYTE}


@dataclass(frozen=True, slots=True)
class Part:
    """One product of the agreement."""

    limits: Mapping[str, int | None]
    flags: Iterable[str]
    is_plan: bool
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Entitlements:
    """`limits`: of all kinds, None for no limit. `flags`: of what may be used."""

    limits: Mapping[Limit, int | None]
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a limit is used; `most` None: there is none."""

    limit: Limit
    used: int
    most: int | None

    @property
    def is_near(self) -> bool:
        return self.most is not None and self.used >= NEAR * self.most

    @property
    def is_over(self) -> bool:
        return self.most is not None and self.used > self.most

    @property
    def percent(self) -> int:
        return 0 if self.most is None else 100 if not self.most else min(100, self.used * 100 // self.most)


# -- reckoning -------------------------------------------------------------------------------------------------------
def reckon(parts: Iterable[Part], *overrides: Mapping[str, Any] | None) -> Entitlements:
    """What all parts come to; later overrides win over earlier ones."""
    known = list(parts)
    limits = {limit: _sum(limit, known) for limit in Limit}
    flags = {flag for part in known for flag in part.flags}
    for one in overrides:
        said = (one or {}).get("limits", {})
        limits |= {limit: said[limit] for limit in Limit if limit in said}
        for flag, on in (one or {}).get("flags", {}).items():
            (flags.add if on else flags.discard)(flag)
    return Entitlements(limits, frozenset(flags))


def _sum(limit: Limit, parts: Iterable[Part]) -> int | None:
    numbers = [_said(limit, part) for part in parts]
    return None if None in numbers else sum(number or 0 for number in numbers)


def _said(limit: Limit, part: Part) -> int | None:
    """What one part gives of it. A package that says nothing adds nothing."""
    number = part.limits.get(limit, UNSAID.get(limit) if part.is_plan else 0)
    return None if number is None else number * part.quantity
