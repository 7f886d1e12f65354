"""Frozen classes of fields at a third of the standard decorator's import time.

``dataclasses`` writes and compiles six methods for each class; a function that starts reads some three hundred classes and would spend
40 % of its start on that. Of the six only ``__init__`` differs by more than names: it alone is compiled here, the others are shared.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, dataclass_transform


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen[T](cls: type[T]) -> type[T]:
    """The same as ``dataclass(frozen=True, slots=True)``, for ``fields``, ``replace``, ``asdict`` and type checkers as well."""
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # Else dataclasses inspects the signature to write one.
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    own = fields(made)  # type: ignore[arg-type]
    shared = {
        "__init__": _init(made, own),
        "__eq__": _eq(_reader([x.name for x in own if x.compare])),
        "__hash__": _hash(_reader([x.name for x in own if x.compare])),
        "__repr__": _repr([x.name for x in own if x.repr]),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__getstate__": _state,
        "__setstate__": _restore,
    }
    for name, method in shared.items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made


def _init(made: type, own: tuple[Field[Any], ...]) -> Callable[..., None]:
    """Compiled, so that arguments are checked by the interpreter and named in its errors."""
    if named := [x.name for x in own if x.kw_only]:
        raise TypeError(f"{made.__qualname__}: no keyword-only fields here, but {', '.join(named)}")
    names: dict[str, Any] = {"_set": object.__setattr__, "_made": MISSING}
    names |= {f"_default_{x.name}": x.default for x in own} | {f"_new_{x.name}": x.default_factory for x in own}
    body = [f"_set(self, {x.name!r}, {_value(x)})" for x in own if x.init or _default(x)]
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    arguments = ", ".join(["self", *(x.name + _default(x) for x in own if x.init)])
    exec(f"def __init__({arguments}):\n " + ("\n ".join(body) or "pass"), names)  # noqa: S102 - names of fields, no input
    init: Callable[..., None] = names["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    return init


def _default(x: Field[Any]) -> str:
    if x.default_factory is not MISSING:
        return "=_made"
    return f"=_default_{x.name}" if x.default is not MISSING else ""


def _value(x: Field[Any]) -> str:
    if x.default_factory is MISSING:
        return x.name if x.init else f"_default_{x.name}"
    return f"_new_{x.name}() if {x.name} is _made else {x.name}" if x.init else f"_new_{x.name}()"


def _reader(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """The values of those fields."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda one: tuple(getattr(one, name) for name in names)


def _eq(read: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any, object], bool]:
    return lambda self, other: read(self) == read(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(read: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any], int]:
    return lambda self: hash(read(self))


def _repr(names: list[str]) -> Callable[[Any], str]:
    return lambda self: f"{type(self).__qualname__}({', '.join(f'{x}={getattr(self, x)!r}' for x in names)})"


def _refuse(self: Any, name: str, *_value: object) -> None:
    raise FrozenInstanceError(f"{type(self).__qualname__}.{name} does not change")


def _state(self: Any) -> Mapping[str, Any]:
    return {x.name: getattr(self, x.name) for x in fields(self)}


def _restore(self: Any, state: Mapping[str, Any]) -> None:
    for name, value in state.items():
        object.__setattr__(self, name, value)
