"""The documentation as the tests see it: pages, and the Python on each, as a module that can be imported.

The blocks of a page are one program. Its functions named `test_…` are tests, and get fixtures by the names of their
arguments; a block of `>>>` lines is held to the answers it shows.
"""

from __future__ import annotations

import ast
import doctest
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
VENDORS = Path(__file__).with_name("vendors")
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    line: int  # of its first line on the page
    code: str

    @property
    def is_session(self) -> bool:
        return self.code.lstrip().startswith(">>>")


def all_pages() -> list[Path]:
    folders = [ROOT.glob("*.md"), (ROOT / "docs").rglob("*.md"), (ROOT / "examples").rglob("*.md")]
    return sorted(page for folder in folders for page in folder if blocks(page))


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def module_name(page: Path) -> str:
    return "page_" + re.sub(r"\W", "_", name_of(page).removesuffix(".md"))


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = [one for one in FENCE.finditer(text) if one.group(1) == "python"]
    return [Block(text.count("\n", 0, one.start(2)) + 1, one.group(2)) for one in found]


def tests_on(page: Path) -> list[str]:
    """The names of the page's own tests."""
    trees = [ast.parse(block.code, name_of(page)) for block in blocks(page) if not block.is_session]
    functions = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [one.name for one in functions if one.name.startswith("test_")]


def run(page: Path) -> ModuleType:
    """Run the blocks of a page in their order, in one module that a worker can import by its name."""
    module = ModuleType(module_name(page))
    sys.modules[module.__name__] = module
    for block in blocks(page):
        if block.is_session:
            _converse(page, block, module)
        else:
            source = "\n" * (block.line - 1) + block.code
            exec(compile(source, str(page), "exec"), vars(module))
    return module


def _converse(page: Path, block: Block, module: ModuleType) -> None:
    test = doctest.DocTestParser().get_doctest(block.code, vars(module), name_of(page), str(page), block.line)
    said: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    runner.run(test, out=said.append, clear_globs=False)
    assert not said, "".join(said)


@contextmanager
def loaded(page: Path) -> Iterator[ModuleType]:
    """A page's program, with the invented libraries of vendors, for a while."""
    before = set(sys.modules)
    sys.path.insert(0, str(VENDORS))
    try:
        yield run(page)
    finally:
        sys.path.remove(str(VENDORS))
        invented = {one.stem for one in VENDORS.glob("*.py")} | {module_name(page)}
        for name in invented & (set(sys.modules) - before | {module_name(page)}):
            del sys.modules[name]
