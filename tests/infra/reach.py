"""Which handlers come to a call, whoever makes it for them: read from the code, so that nobody keeps a list."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import stopship.handlers

ROOT = Path(__file__).parents[2] / "functions"
HANDLERS = stopship.handlers.__name__

type Place = tuple[str, str]
"""A module, and a name at its top."""


def handlers_that_call(*methods: str) -> set[str]:
    """``methods`` are the names after a dot: ``case_url`` for ``desk.case_url(...)``."""
    found: set[Place] = set()
    uses = _uses()
    while more := {
        p for p, names in uses.items() if p not in found and (names & {("", m) for m in methods} or names & found)
    }:
        found |= more
    return {module.removeprefix(f"{HANDLERS}.") for module, _ in found if module.startswith(f"{HANDLERS}.")}


@cache
def _uses() -> dict[Place, set[Place]]:
    """What each name at the top of a module uses: names at the top of modules, and ("", name) for what stands after a dot."""
    return dict(use for path in (ROOT / "stopship").rglob("*.py") for use in _module(path))


def _module(path: Path) -> Iterator[tuple[Place, set[Place]]]:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    tree = ast.parse(path.read_text())
    known = {
        a.asname or a.name: (x.module or "", a.name)
        for x in ast.walk(tree)
        if isinstance(x, ast.ImportFrom)
        for a in x.names
    }
    named = [(name, part) for part in tree.body for name in _names(part)]
    known |= {name: (module, name) for name, _ in named}
    for name, part in named:
        yield (module, name), set(_used(part, known)) - {(module, name)}


def _names(part: ast.stmt) -> list[str]:
    if isinstance(part, ast.FunctionDef | ast.ClassDef):
        return [part.name]
    return [x.id for x in ast.walk(part) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)]


def _used(part: ast.stmt, known: dict[str, Place]) -> Iterator[Place]:
    for x in ast.walk(part):
        if isinstance(x, ast.Name) and x.id in known:
            yield known[x.id]
        elif isinstance(x, ast.Attribute):
            yield "", x.attr
            if isinstance(x.value, ast.Name) and x.value.id in known:
                yield ".".join(known[x.value.id]), x.attr
