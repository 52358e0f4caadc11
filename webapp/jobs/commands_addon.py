"""`flask addon new NAME`: begin an add-on of one's own with the template of a gateway."""

from __future__ import annotations

import keyword
import re
from importlib.util import find_spec
from pathlib import Path

import click
from flask.cli import AppGroup

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TEMPLATE = EXAMPLES / "gateway_template"
FILES = ("your_gateway.py", "test_your_gateway.py")

addon = AppGroup("addon", help="What is added to the network by modules of others.")


@addon.command("new")
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=EXAMPLES, show_default="examples")
def new(name: str, into: Path) -> None:
    """Copy the template of a gateway, with its tests, under the NAME of a module. What is there is left alone."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,59}", name) or keyword.iskeyword(name):
        raise click.ClickException("A module is named by small letters, digits and _, a letter first.")
    folder = into / name
    if folder.exists():
        click.echo(f"{shown(folder)} is there already, and was left as it is.")
        return
    if find_spec(name) is not None:
        raise click.ClickException(f"There is a module {name} already. Take another name.")
    folder.mkdir(parents=True)
    for file in FILES:
        text = (TEMPLATE / file).read_text(encoding="utf-8")
        (folder / file.replace("your_gateway", name)).write_text(renamed(text, name), encoding="utf-8")
    click.echo(f"{shown(folder / name)}.py sells as it is. Write what your vendor can do, and delete the rest.")
    click.echo(f"  PYTHONPATH={shown(folder)} ADDONS={name} ./dev run")
    if into == EXAMPLES:  # where the tests find the project's fixtures
        click.echo(f"  ./dev test {shown(folder)}")


def renamed(text: str, name: str) -> str:
    words = name.split("_")
    title = "".join(word.capitalize() for word in words)
    return (
        text.replace("your_gateway", name)
        .replace("YourGateway", title)
        .replace("your-gateway", "-".join(word for word in words if word))
    )


def shown(path: Path) -> str:
    """As one types it in the project's folder."""
    root = EXAMPLES.parent
    return str(path.resolve().relative_to(root) if path.resolve().is_relative_to(root) else path)
