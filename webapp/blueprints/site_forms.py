"""What is asked for about a site, of its owner and of the staff alike."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from webapp.blueprints.form import Form


class AddressForm(Form):
    site_url = StringField(_l("Address"))
