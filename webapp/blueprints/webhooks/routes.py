"""What gateways tell us. A notice is checked, kept and answered; a worker acts on it (`flows/inbound.py`).

The signature is the guard: there is no session and no token here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from flask import Blueprint, Request, abort, request
from flask.typing import ResponseReturnValue

from webapp.blueprints import access
from webapp.blueprints.errors import answer
from webapp.flows import inbound
from webapp.gateways import gateways
from webapp.gateways.base import BadNotice

log = logging.getLogger(__name__)

BODY_AT_MOST = 1024 * 1024

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")
bp.before_request(access.public)


@bp.post("/<gateway>")
def receive_notice(gateway: str) -> ResponseReturnValue:
    """Keep a gateway's notice. 200 for a new one and for one that we have, 400 for a forged one."""
    vendor = gateways.get(gateway)
    body = raw_body(request)
    notice = vendor.open_notice(body, headers_of(request))
    new = inbound.receive(gateway, notice)
    log.info("notice.received", extra={"gateway": gateway, "type": notice.type, "new": new})
    return {"received": True}


def raw_body(request: Request) -> bytes:
    """The bytes as they came, which is what was signed. 413 for too many, 415 when they are packed."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        abort(415)
    # One more than is allowed: a body without a length is silently cut off at the limit.
    request.max_content_length = BODY_AT_MOST + 1
    body = request.get_data(cache=False)
    if len(body) > BODY_AT_MOST:
        abort(413)
    return body


def headers_of(request: Request) -> Mapping[str, str]:
    """By their names in lower case."""
    return {name.lower(): value for name, value in request.headers.items()}


@bp.errorhandler(BadNotice)
def bad_notice(problem: BadNotice) -> ResponseReturnValue:
    """What is wrong is for our log: whoever forges notices learns nothing."""
    log.warning("notice.refused", extra={"gateway": (request.view_args or {}).get("gateway"), "problem": str(problem)})
    return answer(400, "bad_notice", "This notice cannot be accepted.")
