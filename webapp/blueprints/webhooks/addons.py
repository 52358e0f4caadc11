"""What other systems tell add-ons, at the endpoints these registered (`webapp/endpoints.py`).

The signature is the guard: there is no session and no token here.
"""

from __future__ import annotations

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from webapp import endpoints
from webapp.blueprints import access
from webapp.blueprints.incoming import raw_body
from webapp.blueprints.webhooks.routes import BODY_AT_MOST
from webapp.flows import addon_events

bp = Blueprint("addon_hooks", __name__, url_prefix="/hooks")
bp.before_request(access.public)


@bp.post("/<addon>/<path:path>")
def receive_event(addon: str, path: str) -> ResponseReturnValue:
    """401 without a right signature, 400 for what is no JSON object, else 200 and whether it was of use."""
    endpoint = endpoints.find(current_app, addon, path)
    signature = request.headers.get(endpoint.signature_header, "")
    return {"handled": addon_events.receive(endpoint, raw_body(request, BODY_AT_MOST), signature)}
