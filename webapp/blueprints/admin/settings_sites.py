"""Settings of the sites that are sold: who makes them, and how long they are kept. A new one is a line here."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.blueprints.admin.settings_choices import makers_of_sites
from webapp.blueprints.admin.settings_fields import Field, Section
from webapp.domain.setting_kinds import Endpoint, Flag, IpAddresses, Number, OneOfMany, Secret

SITES = Section(
    "sites",
    _l("Sites"),
    _l("Who makes the sites that you sell, and how long they are kept."),
    (
        Field(
            "provisioner",
            _l("Sites are made by"),
            OneOfMany(options=makers_of_sites),
            _l("For sites from now on; those that are there stay where they are. A plan may say otherwise."),
        ),
        Field(
            "provisioner_url",
            _l("Hosting system: address"),
            Endpoint(),
            _l("Where it takes what it is told of each site. Only for sites that it makes."),
        ),
        Field(
            "provisioner_secret",
            _l("Hosting system: secret"),
            Secret(),
            _l(
                "Both sides sign with it. Begins with whsec_. While you change it, enter the new and the old one with "
                "a comma between them."
            ),
        ),
        Field(
            "provisioner_patience_hours",
            _l("Hours after which a site that is not made has failed"),
            Number(least=1, most=168),
            _l("Where another system makes it and has not said that it is done. You are told, and can ask again."),
        ),
        Field(
            "provisioner_renames",
            _l("Hosting system: it can give a site another address"),
            Flag(),
            _l("It understands site.rename. Off: nobody is offered to change the address of a site that it made."),
        ),
        Field(
            "provisioner_transfers",
            _l("Hosting system: it can give a site to another customer"),
            Flag(),
            _l("It understands site.transfer. Off: nobody is offered to give away a site that it made."),
        ),
        Field(
            "network_ips",
            _l("IP addresses of your servers"),
            IpAddresses(),
            _l(
                "One a line. Customers enter them as A and AAAA records of their own domains. Empty: they are told to "
                "use a CNAME record, and what counts is where the address of their site leads."
            ),
        ),
        Field(
            "site_retention_days",
            _l("Days for which a site is kept that is shown no more"),
            Number(least=0, most=3650),
            _l(
                "Its owner is warned twice, then what it holds is deleted. 0: it is kept. For sites stopped from now "
                "on."
            ),
        ),
    ),
)
