"""What a person must hear of when it was done in their name: how they sign in has changed."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _

from webapp.domain import mail_texts, mails
from webapp.extensions import db
from webapp.models import User


def in_words(kind: str) -> str:
    """What was changed, in a few words; nothing for what needs no notice."""
    words = {
        "two_step_on": _("Two-step sign-in turned on"),
        "two_step_off": _("Two-step sign-in turned off"),
        "two_step_removed": _("Two-step sign-in removed by the staff"),
        "recovery_code": _("Signed in with a recovery code"),
        "recovery_codes": _("New recovery codes made"),
        "passkey_added": _("Passkey added"),
        "passkey_removed": _("Passkey removed"),
    }
    return words.get(kind, "")


def tell(user_id: int, kind: str, address: str, agent: str) -> None:
    """Write to the person, if it is one of these."""
    if kind != "password_changed" and not in_words(kind):
        return
    user = db.session.get_one(User, user_id)
    locale = locale_of(user)
    facts = {
        "name": user.name,
        "place": ", ".join(filter(None, (agent, address))),
        "link": mails.url("/account/security"),
    }
    if kind == "password_changed":
        mails.send(kind, to=user.email, locale=locale, user_id=user.id, values=facts)
        return
    with force_locale(locale):
        facts["what"] = in_words(kind)
    mails.send("sign_in_changed", to=user.email, locale=locale, user_id=user.id, values=facts)


def locale_of(user: User) -> str:
    """The language that a person is written to in."""
    chosen = user.locale or (user.customer.locale if user.customer is not None else None)
    return mail_texts.language(chosen)
