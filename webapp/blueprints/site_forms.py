"""What is asked for about a site, of its owner and of the staff alike."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from webapp.blueprints.errors import settings
from webapp.blueprints.form import Form
from webapp.domain import site_renaming
from webapp.models import Site


class AddressForm(Form):
    site_url = StringField(_l("Address"))


def told_of_address(site: Site, form: AddressForm) -> dict[str, Any]:
    """What a page shows that asks for another one. Under which domain one is that is made elsewhere is known there."""
    return {
        "site": site,
        "form": form,
        "errors": form.problems(),
        "former": site_renaming.leading_on(site),
        "days": site_renaming.LEADS_ON_FOR.days,
        "site_suffix": "" if site.is_elsewhere else f".{settings().network_domain}",
    }
