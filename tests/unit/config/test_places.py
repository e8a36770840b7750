"""Every key that tomllib finds has a place, and that place is where it is written."""

from __future__ import annotations

import bisect
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qualitygate.config.places import KeyPath, Place, locate
from qualitygate.config.toml import value_text

from .helpers import EXAMPLE

EVERY_FORM = '''\
# comment with = and [brackets] and "quotes
bare = 1  # one
"quoted key" = "a # no comment"
'literal.key' = 'C:\\dir'
"esc\\u0061ped\\"x" = true
a . b."c.d" = 1979-05-27 07:32:00
1234 = 3.14
multi = """
[not.a.header]
fake = 1
\\""" still inside """""
lit = \'\'\'
[also] # not
x = "\'\'\'\'
array = [
  1, # first ]
  "two, ]",
  [ 3, 4 ],
  { x = 1, y.z = [ { deep = true } ] },
]
empty = []
nothing = {}
inline = { one = 1, "two words" = { three = "}" }, four.five = 4 }

[table]
key = 'v'
[ table . "sub table" ]  # spaces
k = 07:32:00
[[products]]
name = "Hammer"
[[products]]
[products.details]
weight = 3
[[products.parts]]
id = 1
[[products.parts]]
id = 2
[[products]]
[[products.parts]]
id = 3
'''


def paths_in(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The path of every key and element below *value*."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for step, item in pairs:
        yield (*path, step)
        yield from paths_in(item, (*path, step))


def written_key(text: str, place: Place) -> str:
    """The key that is written at *place*, decoded by tomllib."""
    before = place.column - 1
    rest = text.split("\n")[place.line - 1][before:]
    bare = re.match("[A-Za-z0-9_-]+", rest)
    if bare is not None:
        return bare[0]
    for end in range(2, len(rest) + 1):
        try:
            (key,) = tomllib.loads(f"{rest[:end]} = 1")
        except tomllib.TOMLDecodeError:
            continue
        return key
    raise AssertionError(f"no key at {place}")


def assert_all_placed(text: str) -> None:
    places = locate(text)
    paths = set(paths_in(tomllib.loads(text)))

    assert set(places) == paths
    for path, place in places.items():
        if isinstance(path[-1], str):
            assert written_key(text, place) == path[-1]


@pytest.mark.parametrize("text", [EVERY_FORM, EXAMPLE, "", "\n\n", "# only", "a=1", "a=[]", "[a]", "[[a]]"])
def test_every_key_of_a_written_document_is_placed(text: str) -> None:
    assert_all_placed(text)


def test_places_are_line_and_column_from_one_in_characters() -> None:
    places = locate('"ä" = 1\n  "é" = { "ü" = "ö", b = [10, 20] }\n')

    assert places[("ä",)] == Place(1, 1)
    assert places[("é",)] == Place(2, 3)
    assert places[("é", "ü")] == Place(2, 11)
    assert places[("é", "b")] == Place(2, 22)
    assert places[("é", "b", 1)] == Place(2, 31)


def test_of_a_table_that_is_written_in_parts_the_first_place_counts() -> None:
    places = locate("[a.b]\nx = 1\n[a]\ny = 2\n[a.c]\n")

    assert places[("a",)] == Place(1, 2)
    assert places[("a", "c")] == Place(5, 4)


KEY = st.one_of(
    st.text("abz09_-", min_size=1, max_size=4),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4).map(value_text),
    st.text("ab. \"#[]{}=,\\", max_size=4).map(lambda text: f"'{text}'"),
)
SPACE = st.sampled_from(["", " ", "\t"])
DOTTED = st.lists(KEY, min_size=1, max_size=3).flatmap(
    lambda parts: st.tuples(SPACE, SPACE).map(lambda around: f"{around[0]}.{around[1]}".join(parts))
)
SCALAR = st.one_of(
    st.integers().map(str),
    st.sampled_from(["true", "1e5", "inf", "1979-05-27 07:32:00Z", "07:32:00", "1979-05-27", "0xff"]),
    st.text(st.characters(exclude_categories=["Cs"])).map(value_text),
    st.text("ab#[]{},=\"\\ ").map(lambda text: f"'{text}'"),
    st.text("ab#[]{},=' \n").map(lambda text: f'"""{text}"""'),
    st.text("ab\n\"'", max_size=6).map(lambda text: "'''" + text + "'''"),
    st.text("ab\n\"\\", max_size=6).map(lambda text: '"""' + text + '"""'),
)
FILLER = st.sampled_from(["", " ", "\n", " # ] } , \"\n", "\t\n\n"])


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(st.tuples(FILLER, inner, FILLER).map("".join), max_size=3)
    return st.tuples(items, st.sampled_from(["", ","])).map(
        lambda pair: f"[{','.join(pair[0])}{pair[1] if pair[0] else ''}]"
    )


def inline_tables(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(SPACE, DOTTED, st.sampled_from(["=", " = "]), inner, SPACE).map("".join)
    return st.lists(pairs, max_size=3).map(lambda items: f"{{{','.join(items)}}}")


VALUE = st.recursive(SCALAR, lambda inner: arrays(inner) | inline_tables(inner), max_leaves=6)
STATEMENT = st.one_of(
    st.tuples(SPACE, DOTTED, st.sampled_from(["=", " = "]), VALUE, st.sampled_from(["", " # x = 1"])).map("".join),
    DOTTED.map(lambda key: f"[{key}]"),
    DOTTED.map(lambda key: f"[[ {key} ]] # ]]"),
    st.just("# [comment]"),
    st.just(""),
)


@given(st.lists(STATEMENT, max_size=6).map("\n".join))
def test_every_key_of_a_random_document_is_placed(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
    assert_all_placed(text)


def nested(depth: int) -> str:
    return f"a = {'[' * depth}{']' * depth}"


def readable(depth: int) -> bool:
    try:
        tomllib.loads(nested(depth))
    except (RecursionError, tomllib.TOMLDecodeError):
        return False
    return True


def test_the_deepest_nesting_that_tomllib_reads_can_be_scanned() -> None:
    deepest = bisect.bisect_left(range(100_000), True, key=lambda depth: not readable(depth)) - 1
    assert 50 < deepest < 99_999

    assert len(locate(nested(deepest))) == deepest


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_string_survives_being_written_as_toml(text: str) -> None:
    written = value_text(text)

    assert tomllib.loads(f"a = {written}") == {"a": text}
    assert written.isprintable()
