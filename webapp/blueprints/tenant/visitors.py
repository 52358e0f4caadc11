"""Who asks for a page: a person who looks at it, or a program that says that it is one.

The list of such programs is kept by others: https://github.com/monperrus/crawler-user-agents
"""

from __future__ import annotations

from functools import lru_cache

from crawleruseragents import is_crawler
from werkzeug.datastructures import Headers

LONGEST = 500  # of a name that is looked up: a pattern is no work for what somebody made up
# How browsers say that they fetch a page which nobody has opened: https://wicg.github.io/nav-speculation/prefetch.html
AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
NOT_OPENED = ("prefetch", "prerender", "preview")


def is_a_person(headers: Headers) -> bool:
    """As far as it says itself: no name is none of a browser's."""
    name = headers.get("User-Agent", "").strip()[:LONGEST]
    return bool(name) and not is_fetched_ahead(headers) and not is_robot(name)


def is_fetched_ahead(headers: Headers) -> bool:
    said = " ".join(headers.get(name, "") for name in AHEAD).lower()
    return any(word in said for word in NOT_OPENED)


@lru_cache(maxsize=2048)
def is_robot(name: str) -> bool:
    return bool(is_crawler(name))
