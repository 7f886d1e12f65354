"""Every small change of a module: a condition turned round, a comparison swapped, a word replaced by its neighbour, an "or" made "and", one of
several conditions left out."""

import ast
import copy
import itertools
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}

type Change = Callable[[ast.AST], None]
type Words = Mapping[str, Sequence[str]]
"""Enumerations by name, with their members: each member is replaced by the next."""


def mutants(module: ModuleType, words: Words) -> Iterator[tuple[str, ModuleType]]:
    """What was changed, and the module with this one change."""
    text = Path(str(module.__file__)).read_text()
    tree = ast.parse(text)
    for index, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node, words):
            changed = copy.deepcopy(tree)
            change(next(itertools.islice(ast.walk(changed), index, None)))
            line = text.splitlines()[getattr(node, "lineno", 1) - 1].strip()
            yield f"{what} in: {line}", _made(module, changed)


def _changes(node: ast.AST, words: Words) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.If() | ast.IfExp():
            yield "not", _turn
        case ast.Compare(ops=[op]) if type(op) in _COMPARISONS:
            yield "compare", _compare
        case ast.BoolOp(values=values):
            yield "and/or", _join
            for place, left_out in enumerate(values):
                yield f"without {ast.unparse(left_out)}", _drop(place)
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in words.get(name, ()):
            following = _next(words[name], attr)
            yield f"{attr} -> {following}", _say(following)


def _turn(node: ast.AST) -> None:
    if isinstance(node, (ast.If, ast.IfExp)):
        node.test = ast.UnaryOp(ast.Not(), node.test)


def _compare(node: ast.AST) -> None:
    if isinstance(node, ast.Compare):
        node.ops = [_COMPARISONS[type(node.ops[0])]()]


def _join(node: ast.AST) -> None:
    if isinstance(node, ast.BoolOp):
        node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()


def _drop(place: int) -> Change:
    def change(node: ast.AST) -> None:
        if isinstance(node, ast.BoolOp):
            node.values[place] = ast.Constant(isinstance(node.op, ast.And))

    return change


def _say(word: str) -> Change:
    def change(node: ast.AST) -> None:
        if isinstance(node, ast.Attribute):
            node.attr = word

    return change


def _next(members: Sequence[str], word: str) -> str:
    return members[(members.index(word) + 1) % len(members)]


def _made(module: ModuleType, tree: ast.Module) -> ModuleType:
    made = types.ModuleType(module.__name__)
    made.__file__ = module.__file__
    exec(compile(ast.fix_missing_locations(tree), str(module.__file__), "exec"), made.__dict__)
    return made
