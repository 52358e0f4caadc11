"""One template, two answers: the whole page, or the block that HTMX asked for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, make_response, redirect, render_template, request
from jinja2.utils import concat
from werkzeug.urls import iri_to_uri

from webapp.settings import Settings


def is_fragment_request() -> bool:
    """HTMX wants a block: not when it boosts a link or restores history, then the page is whole."""
    headers = request.headers
    asked = headers.get("HX-Request") == "true"
    return asked and headers.get("HX-Boosted") != "true" and headers.get("HX-History-Restore-Request") != "true"


def render_block(template_name: str, block: str, context: dict[str, Any]) -> str:
    """One block of a template, with everything Flask puts into a template's context."""
    current_app.update_template_context(context)
    template = current_app.jinja_env.get_template(template_name)
    return concat(template.blocks[block](template.new_context(context)))


class View:
    """`View("account/membership.html", block="membership")`: shows the page, or that block for HTMX."""

    def __init__(self, template: str, *, block: str | None = None) -> None:
        self.template, self.block = template, block

    def show(self, *, status: int = 200, **context: Any) -> Response:
        return self.answer(self.render(**context), status)

    def render(self, **context: Any) -> str:
        if self.block is not None and is_fragment_request():
            return render_block(self.template, self.block, context)
        return render_template(self.template, **context)

    def answer(self, body: str, status: int) -> Response:
        response = make_response(body, status)
        response.vary.add("HX-Request")
        return response

    def after_change(self, url: str, **context: Any) -> Response:
        """After a write: HTMX gets the block as it is now, a plain form goes on to `url` by GET."""
        return self.show(**context) if is_fragment_request() else go_to(url)


def go_to(url: str) -> Response:
    """303: the browser goes on by GET, and a reload sends nothing again."""
    if request.headers.get("HX-Request") == "true":
        return Response(status=204, headers={"HX-Redirect": iri_to_uri(url)})
    answer = redirect(url, 303)
    return make_response(answer)


def leave_for(url: str) -> Response:
    """After a form, on to a gateway's page, which may be another host's.

    A form may lead only to ourselves (`form-action`), and Chromium holds its redirects to that. So the answer is a page
    of ours that goes on by itself, with a link for browsers that do not.
    """
    if request.headers.get("HX-Request") == "true" or not is_elsewhere(url):
        return go_to(url)
    address = iri_to_uri(url)
    body = render_template("leaving.html", url=address, host=urlsplit(url).hostname)
    return make_response(body, 200, {"Refresh": f"0; url={address}"})


def is_elsewhere(url: str) -> bool:
    """A whole address, and not of the network's own host."""
    settings: Settings = current_app.extensions["settings"]
    return urlsplit(url).netloc not in ("", request.host, urlsplit(settings.base_url).netloc)


def was_refused(response: Response) -> bool:
    """For rate limits that count only what did not succeed."""
    return response.status_code in (409, 422)
