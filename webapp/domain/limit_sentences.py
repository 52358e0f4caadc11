"""Why there is no room for one more, and why terms with less room cannot be had yet."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.domain.limits import MEGABYTE, Limit, Use


def no_room(use: Use) -> str:
    """Why there is no room."""
    most = use.most or 0
    if use.limit == Limit.DISK:
        text = _(
            "The pictures of a site may take %(number)s MB. Delete some that no page shows.", number=most // MEGABYTE
        )
    elif use.limit == Limit.SITES:
        text = ngettext("Your plan includes %(num)s site.", "Your plan includes %(num)s sites.", most)
    elif use.limit == Limit.CUSTOM_DOMAINS:
        text = ngettext("Your plan includes %(num)s domain.", "Your plan includes %(num)s domains.", most)
    elif use.limit == Limit.PAGES:
        text = ngettext("Your plan includes %(num)s page per site.", "Your plan includes %(num)s pages per site.", most)
    else:
        text = ngettext("Your plan includes %(num)s visit a month.", "Your plan includes %(num)s visits a month.", most)
    more = _("A bigger plan has more.")
    return text if use.limit == Limit.DISK else f"{text} {more}"


def in_the_way(use: Use) -> str:
    """Why terms with less of it cannot be had yet."""
    most, number = use.most or 0, use.used
    if use.limit == Limit.DISK:
        values = {"used": -(-number // MEGABYTE), "most": most // MEGABYTE}
        return _("A site’s pictures take %(used)s MB, and then they may take %(most)s MB. Delete some first.", **values)
    if use.limit == Limit.SITES:
        text = ngettext(
            "It includes %(num)s site, and you have %(used)s.",
            "It includes %(num)s sites, and you have %(used)s.",
            most,
            used=number,
        )
    elif use.limit == Limit.CUSTOM_DOMAINS:
        text = ngettext(
            "It includes %(num)s domain, and you have %(used)s.",
            "It includes %(num)s domains, and you have %(used)s.",
            most,
            used=number,
        )
    else:
        text = ngettext(
            "It includes %(num)s page per site, and one site has %(used)s.",
            "It includes %(num)s pages per site, and one site has %(used)s.",
            most,
            used=number,
        )
    less = _("Remove some first.")
    return f"{text} {less}"
