"""A link that a message is sent for: whoever words the text can neither leave it out nor have it lead elsewhere."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from jinja2 import nodes

from webapp.domain.mail_rendering import parsed
from webapp.errors import Invalid

# What may stand around it: blanks, or [words](…). Anything nearer could make it a part of another address.
BEFORE = re.compile(r"(?:^|\s)[*_]*(?:\[[^\[\]()]*\]\(|\()?<?$")
BEHIND = re.compile(r"^>?\)?[*_.,;:!?]*(?:\s|$)")
VALUE = "\N{OBJECT REPLACEMENT CHARACTER}"


def check(body: str, name: str) -> None:
    """Raises Invalid unless the placeholder `name` is always in the text, and by itself wherever it is."""
    tree = parsed(body)
    always = [node for one in tree.body if isinstance(one, nodes.Output) for node in one.nodes]
    if not any(is_it(node, name) for node in always):
        sentence = _(
            "This message is of no use without its link. Keep {{ %(name)s }} in the text, outside of {%% if … %%}.",
            name=name,
        )
        raise Invalid(sentence, field="body")
    for output in tree.find_all(nodes.Output):
        if not stands_alone(output, name, begins=output is tree.body[0]):
            sentence = _(
                "Let {{ %(name)s }} stand by itself, between blanks or as [words]({{ %(name)s }}), without a filter.",
                name=name,
            )
            raise Invalid(sentence, field="body")


def is_it(node: nodes.Node, name: str) -> bool:
    return isinstance(node, nodes.Name) and node.name == name


def stands_alone(output: nodes.Output, name: str, *, begins: bool) -> bool:
    """`begins`: the text begins with this part; what stands before another may be there in some mails only."""
    for place, node in enumerate(output.nodes):
        if any(is_it(inner, name) for inner in node.find_all(nodes.Name)):
            return False
        before, behind = (as_written(some) for some in (output.nodes[:place], output.nodes[place + 1 :]))
        if is_it(node, name) and not (BEFORE.search(before if begins else "x" + before) and BEHIND.search(behind)):
            return False
    return True


def as_written(some: list[nodes.Expr]) -> str:
    return "".join(one.data if isinstance(one, nodes.TemplateData) else VALUE for one in some)
