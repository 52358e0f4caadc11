"""The pages that the law asks for: our templates, the operator's own words instead of them, and every version of these.

A text is Markdown with placeholders, rendered as a mail's body is: no HTML of anybody's own, no images, safe links.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from jinja2 import TemplateError
from sqlalchemy import func, select

from webapp import unit
from webapp.domain import network
from webapp.domain.mail_rendering import NotAllowed, both, fill, names_in
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.languages import languages
from webapp.models import LegalText
from webapp.settings import ROOT

FOLDER = ROOT / "webapp" / "templates" / "legal"
LONGEST = 100_000
PAGES: dict[str, LazyString] = {
    "imprint": _l("Legal notice"),
    "privacy": _l("Privacy"),
    "terms": _l("Terms"),
    "withdrawal": _l("Withdrawal information"),
    "accessibility": _l("Accessibility"),
    "contract": _l("How an order becomes a contract"),
}
PLACEHOLDERS = frozenset(
    (
        "network_name",
        "company_name",
        "company_address",
        "address_line",
        "support_email",
        "withdrawal_days",
        "withdraw_link",
        "cancel_link",
        "withdrawal_page",
        "terms_page",
    )
)


def addresses(settings: network.Network) -> dict[str, str]:
    """Where each page is: at the address the operator gave, else here."""
    return {page: getattr(settings, f"{page}_url", "") or f"/legal/{page}" for page in PAGES}


def find_page(page: str, locale: str) -> None:
    """Raises NotFound unless there is such a page in such a language."""
    if page not in PAGES or locale not in languages():
        raise NotFound()


@cache
def default(page: str, locale: str) -> str:
    """Our own words; in English where a language has none."""
    file = FOLDER / locale / f"{page}.md"
    return (file if file.exists() else FOLDER / "en" / f"{page}.md").read_text().strip()


def current(page: str, locale: str) -> LegalText | None:
    """The operator's own words that hold now; None: ours do."""
    query = select(LegalText).where(LegalText.page == page, LegalText.locale == locale)
    return db.session.scalars(query.order_by(LegalText.version.desc()).limit(1)).one_or_none()


def version(page: str, locale: str, number: int) -> LegalText:
    query = select(LegalText).filter_by(page=page, locale=locale, version=number)
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound()
    return found


def history(page: str, locale: str) -> list[LegalText]:
    """Every version of the operator's, newest first."""
    query = select(LegalText).where(LegalText.page == page, LegalText.locale == locale)
    return list(db.session.scalars(query.order_by(LegalText.version.desc()).limit(100)))


def newest() -> dict[tuple[str, str], LegalText]:
    """The operator's own words that hold now, by page and language."""
    last = select(func.max(LegalText.id)).group_by(LegalText.page, LegalText.locale)
    return {(one.page, one.locale): one for one in db.session.scalars(select(LegalText).where(LegalText.id.in_(last)))}


def values(base_url: str) -> Mapping[str, str]:
    """What the placeholders stand for."""
    known = network.settings()
    where = addresses(known)
    return {
        "network_name": known.name,
        "company_name": known.company_name,
        "company_address": known.company_address.strip(),
        "address_line": ", ".join(filter(None, map(str.strip, known.company_address.splitlines()))),
        "support_email": known.support_email,
        "withdrawal_days": str(known.withdrawal_days),
        "withdraw_link": f"{base_url}/withdraw",
        "cancel_link": f"{base_url}/cancel-contract",
        "withdrawal_page": absolute(where["withdrawal"], base_url),
        "terms_page": absolute(where["terms"], base_url),
    }


def absolute(address: str, base_url: str) -> str:
    return f"{base_url}{address}" if address.startswith("/") else address


def words(page: str, locale: str) -> str:
    """The text that holds now: the operator's, or ours."""
    own = current(page, locale)
    return own.body if own is not None else default(page, locale)


def plain(page: str, locale: str, base_url: str) -> str:
    """As a mail carries it along."""
    text, _page = both(fill(words(page, locale), values(base_url)))
    return text


def html(body: str, base_url: str) -> str:
    """Ready to be shown under the page's own heading: the text's headings begin one level below it."""
    _text, page = both(fill(body, values(base_url)))
    return re.sub(r"(</?h)([1-5])(?=>)", lambda found: f"{found[1]}{max(int(found[2]), 2)}", page)


def change(page: str, locale: str, body: str, *, seen: int) -> LegalText:
    """From now on this text holds. `seen`: the version that was edited, 0 for ours.

    Raises Invalid, and Conflict when somebody else has saved one meanwhile.
    """
    body = body.replace("\r\n", "\n").strip()
    check(body)
    last = current(page, locale)
    if (last.version if last else 0) != seen:
        raise Conflict(code="changed_meanwhile")
    work = unit.current()
    text = LegalText(page=page, locale=locale, version=seen + 1, body=body, actor=work.actor)
    work.session.add(text)
    return text


def check(body: str) -> None:
    """Raises Invalid, saying what to mend, unless the text can be shown."""
    if not body:
        raise Invalid(_("Enter a text."), field="body")
    if len(body) > LONGEST:
        raise Invalid(_("Enter at most %(number)d characters.", number=LONGEST), field="body")
    try:
        unknown = sorted(names_in(body) - PLACEHOLDERS)
        if not unknown:
            both(fill(body, dict.fromkeys(PLACEHOLDERS, "x")))
    except (TemplateError, NotAllowed, TypeError, ValueError) as error:
        raise Invalid(_("This text cannot be filled in: %(reason)s", reason=str(error)), field="body") from None
    if unknown:
        sentence = _(
            "There is no placeholder {{ %(name)s }} here. There are: %(known)s.",
            name=unknown[0],
            known=", ".join(sorted(PLACEHOLDERS)),
        )
        raise Invalid(sentence, field="body")
