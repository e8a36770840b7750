"""yamllint says the same of a text that is scanned once."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yamllint import linter
from yamllint.config import YamlLintConfig

from qualitygate.adapters import _yaml_scan

_GENUINE: Any = yaml.BaseLoader
_STRICT = YamlLintConfig(
    "extends: default\nrules: {quoted-strings: enable, empty-values: enable, float-values: enable, "
    "octal-values: enable, key-ordering: enable, anchors: {forbid-unused-anchors: true}, document-end: enable}"
)
_PIECES = st.sampled_from(
    ["a", "b: ", "- ", "\n", "\n  ", "\n    ", ": ", ", ", "[", "]", "{", "}", "# c\n", "'", '"', "&x ", "*x ", "!t "]
    + ["!!str ", "|\n", ">-\n", "---\n", "...\n", "%YAML 1.1\n", "%TAG ! x\n", "? ", "@", "`", "\t", " ", "yes", "0o7"]
    + ["é", "\r\n", "<<: ", '"\\U00110000"', '"\\q"', "# yamllint disable\n", "# yamllint disable-line\n", "\u2028"]
    + ["\x85", "\ufeff"]
)


def said(text: str | bytes) -> list[Any]:
    """All that yamllint says about *text*, and the exception in which it ends, if it does."""
    rows: list[Any] = []
    try:
        for problem in linter.run(text, _STRICT):
            rows.append((problem.line, problem.column, problem.level, problem.rule, problem.desc))
    except Exception as error:
        rows.append((type(error), str(error)))
    return rows


@settings(max_examples=500, deadline=None)
@given(st.lists(_PIECES, max_size=25).map("".join))
@example("a: [1, 2\nb: '")
@example('a: "\\UFFFFFFFF"\n')
@example("a: b: c\n")
@example("# yamllint disable-file\n\0")
@example("a: \0\n")
@example("a: 'x\n@")
def test_one_scan_leads_to_what_two_lead_to(text: str) -> None:
    with _yaml_scan.scanning_once():
        once = said(text)

    assert once == said(text)


def test_broken_real_texts_are_no_exception() -> None:
    entry = "key{}:\n  - name: 'x y'  # c\n    list: [a, b, {{c: d}}]\n    text: |\n      x\n"
    text = "".join(entry.format(number) for number in range(20))
    chance = random.Random(7)
    for _ in range(300):
        place = chance.randrange(len(text))
        after = place + chance.randrange(3)
        broken = text[:place] + chance.choice("'\"[]{}:,#&*!|>%@`-\t\n ") + text[after:]
        with _yaml_scan.scanning_once():
            once = said(broken)
        assert once == said(broken)


def test_the_scanner_works_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counting(text: str) -> Any:
        made.append(text)
        return _GENUINE(text)

    monkeypatch.setattr(_yaml_scan, "_SCANNING_LOADER", counting)
    with _yaml_scan.scanning_once():
        said("a: 1\n")
    assert made == ["a: 1\n"]


def test_another_version_of_pyyaml_goes_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__version__", "6.0.99")
    with _yaml_scan.scanning_once():
        assert yaml.BaseLoader is _GENUINE
