"""What gateways and provisioners tell us. A notice is checked, kept and answered; a worker acts on it
(`flows/inbound.py`).

The signature is the guard: there is no session and no token here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from flask import Blueprint, Request, current_app, request
from flask.typing import ResponseReturnValue

from webapp.blueprints import access
from webapp.blueprints.errors import answer
from webapp.blueprints.incoming import raw_body
from webapp.blueprints.webhooks.refusals import Refusals
from webapp.flows import inbound, site_notices
from webapp.gateways import gateways
from webapp.gateways.base import BadNotice, VendorUnreachable

log = logging.getLogger(__name__)

BODY_AT_MOST = 1024 * 1024

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")
bp.before_request(access.public)


@bp.post("/<gateway>")
def receive_notice(gateway: str) -> ResponseReturnValue:
    """Keep a gateway's notice. 200 for a new one and for one that we have, 400 for a forged one."""
    gateways.get(gateway)  # one that there is not has no address
    notice = inbound.open_notice(gateway, raw_body(request, BODY_AT_MOST), headers_of(request))
    new = inbound.receive(gateway, notice)
    log.debug("notice.received", extra={"gateway": gateway, "type": notice.type, "new": new})
    return {"received": True}


@bp.post("/provisioner")
@bp.post("/provisioner/<provisioner>")
def receive_site_notice(provisioner: str = "webhook") -> ResponseReturnValue:
    """Keep what who makes sites has noticed of one; answered as a gateway's notice is."""
    notice = site_notices.open_notice(provisioner, raw_body(request, BODY_AT_MOST), headers_of(request))
    new = site_notices.receive(provisioner, notice)
    log.info("notice.received", extra={"gateway": f"provisioner:{provisioner}", "type": notice.type, "new": new})
    return {"received": True}


def headers_of(request: Request) -> Mapping[str, str]:
    """By their names in lower case."""
    return {name.lower(): value for name, value in request.headers.items()}


def note(what: str, problem: str) -> None:
    """In the log, but not every one of a thousand a second."""
    named = request.view_args or {}
    gateway = str(named.get("gateway") or f"provisioner:{named.get('provisioner', 'webhook')}")
    refusals: Refusals = current_app.extensions.setdefault("refusals", Refusals())
    number = refusals.count(gateway, f"{what}: {problem}")
    if number:
        log.warning(what, extra={"gateway": gateway, "problem": problem, "times": number})


@bp.errorhandler(BadNotice)
def bad_notice(problem: BadNotice) -> ResponseReturnValue:
    """What is wrong is for our log: whoever forges notices learns nothing."""
    note("notice.refused", str(problem))
    return answer(400, "bad_notice", "This notice cannot be accepted.")


@bp.errorhandler(VendorUnreachable)
def not_checked(problem: VendorUnreachable) -> ResponseReturnValue:
    """Nobody can say yet whether it is genuine: the vendor sends it again."""
    note("notice.not_checked", str(problem))
    return answer(503, "not_now", "This notice cannot be checked now. Send it again.")
