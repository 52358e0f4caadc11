"""An export made of what one holds: the same pages and pictures, for a site that is nobody's yet."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace

from webapp import clock, encryption
from webapp.domain import site_text
from webapp.domain.site_export import FORMAT, MANIFEST, PAGES, PICTURES, put, sealed
from webapp.domain.site_import import Package, PackedPicture

# What of an owner is told apart in the texts of their site, the longest first.
OF_OWNER = ("site_title", "owner_name", "full_name", "company_name", "email", "address", "tax_id")
SHORTEST = 3  # characters: less is found in half of all words


def packed(package: Package) -> bytes:
    """As a file. Pictures that no page shows are left out, and the logo: it is its owner's."""
    file, kept = io.BytesIO(), shown(package)
    moment = clock.now().timetuple()[:6]
    told = [
        {"name": one.name, "label": one.label, "width": one.width, "height": one.height, "size": one.size}
        for one in kept
    ]
    pages = [
        {
            "file": f"{PAGES}{number:03d}-{one.slug or 'index'}.md",
            "address": one.slug,
            "title": one.title,
            "in_menu": one.in_menu,
            "published": one.published,
        }
        for number, one in enumerate(package.pages, start=1)
    ]
    facts = {
        "format": FORMAT,
        "title": package.title,
        "design": package.design,
        "accent": package.accent,
        "logo": "",
        "language": package.locale,
        "pages": pages,
        "pictures": told,
        "seal": encryption.encrypt(sealed(told)),
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        put(archive, moment, MANIFEST, json.dumps(facts, indent=2, ensure_ascii=False).encode())
        for page, one in zip(pages, package.pages, strict=True):
            put(archive, moment, str(page["file"]), one.body.encode())
        for picture in kept:
            put(archive, moment, PICTURES + picture.name, picture.content(), stored=not picture.name.endswith(".svg"))
    return file.getvalue()


def shown(package: Package) -> list[PackedPicture]:
    """Those of its pictures that its pages show."""
    return [one for one in package.pictures if any(f"({one.name}" in page.body for page in package.pages)]


def with_placeholders(package: Package, values: Mapping[str, str]) -> Package:
    """Where its pages say what is only this owner's, a placeholder stands for it."""
    own = {name: values.get(name, "") for name in OF_OWNER}
    found: dict[str, str] = {}
    for name, value in own.items():
        if len(value) >= SHORTEST:
            found.setdefault(value, name)
            found.setdefault(site_text.plain(value), name)
    if not found:
        return package
    longest_first = "|".join(re.escape(one) for one in sorted(found, key=len, reverse=True))
    whole = re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)")

    def put_in(text: str) -> str:
        return whole.sub(lambda one: f"{{{{ {found[one[0]]} }}}}", text)

    pages = tuple(replace(one, title=put_in(one.title)[:120], body=put_in(one.body)) for one in package.pages)
    return replace(package, pages=pages)
