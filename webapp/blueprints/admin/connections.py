"""Do the keys of other systems work? A button in the settings that asks them."""

from __future__ import annotations

from dataclasses import dataclass

from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.blueprints.access import needs
from webapp.blueprints.admin import settings, settings_form
from webapp.blueprints.admin.base import bp
from webapp.blueprints.admin.settings_sections import CONNECTIONS, HOSTING, VENDORS
from webapp.blueprints.errors import settings as environment
from webapp.domain import network
from webapp.domain.staff import Capability
from webapp.errors import ConfigurationError
from webapp.extensions import limiter
from webapp.integrations import connections
from webapp.integrations.connections import Verdict
from webapp.provisioners import provisioners
from webapp.provisioners.webhook import SECRET, URL, WebhookProvisioner
from webapp.transactions import end_read

ANSWERS: dict[Verdict, LazyString] = {
    Verdict.ACCEPTED: _l("%(name)s takes the keys."),
    Verdict.NO_KEYS: _l("There are no keys for %(name)s yet. Enter them and save first."),
    Verdict.UNUSABLE: _l("The keys for %(name)s cannot be used."),
    Verdict.WRONG_KEY: _l("%(name)s does not know this key. Copy it again, and look whether it was renewed there."),
    Verdict.NO_RIGHT: _l("%(name)s knows the key, but it may not do what is needed. Give it the rights for contacts."),
    Verdict.NOT_REACHED: _l("%(name)s did not answer. Try again in a few minutes."),
    Verdict.REFUSED: _l("%(name)s refuses the call."),
}
EXPLAINED = (Verdict.UNUSABLE, Verdict.REFUSED)  # the others say all that there is to say
HOSTING_ANSWERS: dict[Verdict, LazyString] = {
    Verdict.ACCEPTED: _l("It knows the secret, and answers as it should. No site was touched."),
    Verdict.NO_KEYS: _l("Enter its address and secret and save first."),
    Verdict.UNUSABLE: _l("Address and secret cannot be used."),
    Verdict.WRONG_KEY: _l("It does not know this secret. Both sides need the same."),
    Verdict.NO_RIGHT: _l("It knows the secret, and does not permit this."),
    Verdict.NOT_REACHED: _l("It did not answer in time. Try again in a few minutes."),
    Verdict.REFUSED: _l("It does not answer as it should."),
}
# Google looks at the message and not at the secret.
ONLY_HALF = _l("%(name)s takes our messages. Whether the secret is right it never says: look at its real-time report.")


@dataclass(frozen=True, slots=True)
class Answer:
    """As admin/_connections.html shows it."""

    tone: str
    title: str
    text: str


@bp.post("/settings/connections/<vendor>")
@needs(Capability.SETTINGS_EDIT)
@limiter.limit("10 per minute")
def test_connection(vendor: str) -> ResponseReturnValue:
    """Ask, with no transaction open meanwhile. Writes nothing."""
    slug = next((slug for slug, vendors in CONNECTIONS.items() if vendor in vendors), "")
    section = settings.find(slug)
    verdict, details = try_hosting() if vendor in HOSTING else try_vendor(vendor)
    form = settings_form.written(section, network.settings())
    return settings.show(section, form, verdict=answer(vendor, verdict, details))


def try_vendor(vendor: str) -> tuple[Verdict, str]:
    try:
        effective = connections.effective(environment())
    except ConfigurationError as problem:
        return Verdict.UNUSABLE, str(problem)
    end_read()
    return connections.try_out(vendor, effective)


def try_hosting() -> tuple[Verdict, str]:
    """Asks how a site stands that there is not."""
    found = provisioners.all().get(WebhookProvisioner.id)
    given = all(network.is_given(environment().env, one) for one in (URL, SECRET))
    if not given or not isinstance(found, WebhookProvisioner):
        return Verdict.NO_KEYS, ""
    end_read()

    def ask() -> Verdict:
        found.look()
        return Verdict.ACCEPTED

    return connections.judged(ask)


def answer(vendor: str, verdict: Verdict, details: str) -> Answer:
    accepted, answers = verdict is Verdict.ACCEPTED, HOSTING_ANSWERS if vendor in HOSTING else ANSWERS
    words = ONLY_HALF if accepted and vendor == "ga4" else answers[verdict]
    text = str(words) % {"name": str({**VENDORS, **HOSTING}[vendor])}
    return Answer(
        tone="success" if accepted else "error",
        title=_("It works") if accepted else _("It does not work"),
        text=f"{text} {details}" if verdict in EXPLAINED else text,
    )
