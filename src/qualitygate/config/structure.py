"""Hold a TOML table against its raw type and name every place that does not fit, not only the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import inspect

from qualitygate.config.problems import Problem, suggestion
from qualitygate.config.toml import key_text, value_text

if TYPE_CHECKING:
    from msgspec.inspect import Type

    from qualitygate.config.places import KeyPath

_Table = TypeVar("_Table", bound=msgspec.Struct)
_TOML_TYPES = (date, datetime, time)

PLACEHOLDER = "x"
"""Stands for a bad element of an array of strings; further problems at its place are to be ignored."""


def convert(
    table: Mapping[str, Any], kind: type[_Table], path: KeyPath, elsewhere: Mapping[str, str]
) -> tuple[_Table, list[Problem]]:
    """Read *table* as a *kind*; what does not fit is left out of it and told as problems.

    Args:

        path: Where the table stands below ours.

        elsewhere: Keys that are known, but not in this table: what to say about them.
    """
    try:
        return msgspec.convert(table, kind, builtin_types=_TOML_TYPES), []
    except msgspec.ValidationError as error:
        problems = list(_mismatches(table, inspect.type_info(kind), path, elsewhere))
        if not problems:
            problems = [Problem(path, str(error), "expected what the configuration reference shows")]
    good = _without(table, path, {problem.path for problem in problems})
    return msgspec.convert(good, kind, builtin_types=_TOML_TYPES), problems


def _without(value: Any, path: KeyPath, bad: set[KeyPath]) -> Any:
    """*value* less the keys in *bad*; a bad element of an array is replaced, so that the others keep their index."""
    if isinstance(value, dict):
        return {key: _without(item, (*path, key), bad) for key, item in value.items() if (*path, key) not in bad}
    if isinstance(value, list):
        return [PLACEHOLDER if (*path, index) in bad else item for index, item in enumerate(value)]
    return value


def _mismatches(value: Any, kind: Type, path: KeyPath, elsewhere: Mapping[str, str]) -> Iterator[Problem]:
    """Every place in or below *value* that is not of *kind*."""
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    member = _member(kind, value) if isinstance(kind, inspect.UnionType) else kind
    if member is None or not _fits(value, member):
        expected = _unquoted_date(value, kind, path) or words(kind)
        yield Problem(path, f"`{_name(path)}` can not be {_described(value)}", f"expected: {expected}")
        return
    if isinstance(member, inspect.StructType):
        yield from _unknown_keys(value, member, path, elsewhere)
    for step, item, item_kind in _elements(value, member):
        yield from _mismatches(item, item_kind, (*path, step), {})


def _unquoted_date(value: Any, kind: Type, path: KeyPath) -> str:
    """What to write instead of a text where a date belongs; empty for everything else."""
    if not isinstance(kind, inspect.DateType) or not isinstance(value, str):
        return ""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return f"a TOML date without quotes, such as `{path[-1]} = 2027-03-31`"
    return f"a TOML date without quotes, `{path[-1]} = {day}`"


def _unknown_keys(
    table: dict[str, Any], kind: inspect.StructType, path: KeyPath, elsewhere: Mapping[str, str]
) -> Iterator[Problem]:
    known = [field.encode_name for field in kind.fields]
    place = f" in `{_name(path)}`" if path else ""
    for key in table:
        if key not in known:
            expected = elsewhere.get(key) or suggestion(key, known)
            yield Problem((*path, key), f"unknown key `{key_text(key)}`{place}", expected)


def _elements(value: Any, kind: Type) -> Iterator[tuple[str | int, Any, Type]]:
    """What is inside *value*, with its place and the type it should have."""
    if isinstance(kind, inspect.StructType):
        fields = {field.encode_name: field.type for field in kind.fields}
        yield from ((key, item, fields[key]) for key, item in value.items() if key in fields)
    elif isinstance(kind, inspect.DictType):
        yield from ((key, key, kind.key_type) for key in value)
        yield from ((key, item, kind.value_type) for key, item in value.items())
    elif isinstance(kind, inspect.ListType):
        yield from ((index, item, kind.item_type) for index, item in enumerate(value))


def _member(union: inspect.UnionType, value: Any) -> Type | None:
    """The type of the union that *value* is of."""
    return next((kind for kind in union.types if _fits(value, kind)), None)


def _fits(value: Any, kind: Type) -> bool:
    """Whether *value* is of *kind*, its elements aside."""
    return type(value) is _PYTHON_TYPES.get(type(kind), str) and _in_bounds(value, kind)


_PYTHON_TYPES: dict[type[Type], type] = {
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.DateType: date,
    inspect.ListType: list,
    inspect.DictType: dict,
    inspect.StructType: dict,
}
"""What `tomllib` gives for each type; strings and literals are `str`."""


def _in_bounds(value: Any, kind: Type) -> bool:
    if isinstance(kind, inspect.LiteralType):
        return value in kind.values
    if isinstance(kind, inspect.IntType):
        return (kind.ge is None or value >= kind.ge) and (kind.le is None or value <= kind.le)
    if isinstance(kind, inspect.StrType | inspect.ListType):
        return len(value) >= (kind.min_length or 0)
    return True


def words(kind: Type, plural: bool = False) -> str:
    """A type as users read it, such as `array of strings`."""
    if isinstance(kind, inspect.Metadata):
        return words(kind.type, plural)
    if isinstance(kind, inspect.UnionType):
        return " or ".join(words(member, plural) for member in kind.types)
    if isinstance(kind, inspect.LiteralType):
        return ", ".join(value_text(value) for value in kind.values)
    if isinstance(kind, inspect.BoolType):
        return "true or false"
    noun, addition = _noun(kind)
    return f"{noun}{'s' * plural}{addition}"


def _noun(kind: Type) -> tuple[str, str]:
    if isinstance(kind, inspect.IntType):
        return "integer", "" if kind.ge is None else f" of at least {kind.ge}"
    if isinstance(kind, inspect.StrType):
        return "non-empty string" if kind.min_length else "string", ""
    if isinstance(kind, inspect.DateType):
        return "date", ""
    if isinstance(kind, inspect.ListType):
        return "non-empty array" if kind.min_length else "array", f" of {words(kind.item_type, plural=True)}"
    if isinstance(kind, inspect.DictType):
        return "table", f" of {words(kind.value_type, plural=True)}"
    return "table", ""


def _described(value: Any) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array" if value else "an empty array"
    text = value_text(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _name(path: KeyPath) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{key_text(part)}"
    return text.removeprefix(".")
