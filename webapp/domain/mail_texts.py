"""The wording of each kind of message: our files, and the operator's own instead of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

from flask_babel import force_locale
from flask_babel import gettext as _
from jinja2 import TemplateError, TemplateSyntaxError
from sqlalchemy import select

from webapp.domain import mail_links, network
from webapp.domain.mail_kinds.kind import EVERYWHERE, KINDS, Kind
from webapp.domain.mail_rendering import Layout, NotAllowed, Source, Words, names_in, one_line, render
from webapp.errors import Conflict, Invalid
from webapp.extensions import db
from webapp.languages import languages
from webapp.models import MailText

BODY_AT_MOST = 20_000
SUBJECT_SIGN = "Subject:"
ORIGINAL = "en"  # each kind has this one


_base_url: list[str] = [""]


def init(given: str) -> None:
    """Where links in mails lead: the network's public address."""
    _base_url[:] = [given]


def base_url() -> str:
    return _base_url[0]


@cache
def default(slug: str, locale: str) -> Source:
    """Our own wording; in English where a language has none."""
    folder = KINDS[slug].folder
    file = folder / locale / f"{slug}.md"
    if not file.exists():
        file = folder / ORIGINAL / f"{slug}.md"
    first, _line, body = file.read_text().partition("\n")
    return Source(first.removeprefix(SUBJECT_SIGN).strip(), body.strip())


def fingerprint(source: Source) -> str:
    return hashlib.sha256("\n".join(source).encode()).hexdigest()


def is_behind(text: MailText) -> bool:
    """Whether our text says something else than when the operator's was saved: a link that was added, a new fact."""
    return text.based_on != fingerprint(default(text.kind, text.locale))


def own(slug: str, locale: str) -> MailText | None:
    """The operator's."""
    return db.session.scalars(select(MailText).filter_by(kind=slug, locale=locale)).one_or_none()


def language(locale: str | None) -> str:
    """One that we speak: the given one, or the network's."""
    if locale in languages():
        return str(locale)
    usual = network.settings().default_locale
    return usual if usual in languages() else ORIGINAL


def layout(locale: str) -> Layout:
    """What stands around a body, in its language."""
    known = network.settings()
    with force_locale(locale):
        questions = _("Questions? Write to %(email)s.", email=known.support_email)
    sender = [one_line(line) for line in (known.company_name, *known.company_address.splitlines())]
    footer = (questions, *filter(None, (*sender, known.imprint_url)))
    return Layout(locale, known.name, footer, known.accent, known.accent_dark)


def everywhere() -> dict[str, str]:
    known = network.settings()
    return {"network_name": known.name, "support_email": known.support_email, "network_url": base_url()}


def preview(kind: Kind, locale: str, source: Source) -> Words:
    """With sample values. Raises Invalid."""
    check(kind, source)
    with force_locale(locale):
        samples = kind.samples
    return render(source, samples | everywhere(), layout(locale))


def change(
    kind: Kind, locale: str, source: Source, *, version: int | None
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Use these words from now on; what was said before and after. Our own words leave nothing of the operator's.

    `version`: of the own wording that was edited, None for ours. Raises Invalid, and Conflict when somebody else has
    changed it since.
    """
    source = Source(one_line(source.subject), source.body.replace("\r\n", "\n").strip())
    check(kind, source)
    for placeholder in kind.placeholders:
        if placeholder.needed:
            mail_links.check(source.body, placeholder.name)
    text, ours = own(kind.slug, locale), default(kind.slug, locale)
    if (text.version if text else None) != version:
        raise Conflict(code="changed_meanwhile")
    before = Source(text.subject, text.body) if text else ours
    if source == ours:
        reset(kind, locale)
        return before._asdict(), source._asdict()
    if text is None:
        text = MailText(kind=kind.slug, locale=locale)
        db.session.add(text)
    text.subject, text.body = source
    text.based_on = fingerprint(ours)
    return before._asdict(), source._asdict()


def reset(kind: Kind, locale: str) -> bool:
    """Back to our words; whether there were others."""
    text = own(kind.slug, locale)
    if text is not None:
        db.session.delete(text)
    return text is not None


# -- what may be written ---------------------------------------------------------------------------------------------
def check(kind: Kind, source: Source) -> None:
    """Raises Invalid, naming the field, unless the text can be filled in for every mail of this kind."""
    for field, text in source._asdict().items():
        if not text.strip():
            raise Invalid(_("Enter a text."), field=field)
        if len(text) > BODY_AT_MOST:
            raise Invalid(_("Enter at most %(number)d characters.", number=BODY_AT_MOST), field=field)
        _check_placeholders(kind, field, text)
    try:
        render(source, kind.samples, Layout(ORIGINAL, "", ()))
        # Values may be empty: what a text does only then must work as well.
        render(source, dict.fromkeys(kind.samples, ""), Layout(ORIGINAL, "", ()))
    except (TemplateError, TypeError, ValueError) as error:
        raise Invalid(_("This text cannot be filled in: %(reason)s", reason=str(error)), field="body") from None


def _check_placeholders(kind: Kind, field: str, text: str) -> None:
    try:
        used = names_in(text)
    except TemplateSyntaxError as error:
        sentence = _("Line %(number)d cannot be read: %(reason)s", number=error.lineno, reason=error.message or "")
        raise Invalid(sentence, field=field) from None
    except NotAllowed:
        sentence = _("Use placeholders like {{ name }}, and {%% if name %%} … {%% endif %%}; nothing else in braces.")
        raise Invalid(sentence, field=field) from None
    known = kind.names | {one.name for one in EVERYWHERE}
    unknown = sorted(used - known)
    if unknown:
        sentence = _(
            "There is no placeholder {{ %(name)s }} in this message. There are: %(known)s.",
            name=unknown[0],
            known=", ".join(sorted(known)),
        )
        raise Invalid(sentence, field=field)
