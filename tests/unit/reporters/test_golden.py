"""Every kind of report in every format, in full.

After an intended change of a format run `UPDATE_GOLDEN=1 pytest tests/unit/reporters/test_golden.py` and read the
difference that git shows before keeping it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from qualitygate.model.results import Report
from qualitygate.reporters import FORMATS, terminal
from tests.unit.reporters.samples import REPORTS, many

GOLDEN = Path(__file__).parent / "golden"

RENDERERS: dict[str, Callable[[Report], str]] = {
    "terminal": terminal.render,
    "verbose.terminal": lambda report: terminal.render(report, verbose=True, width=100),
    "quiet.terminal": lambda report: terminal.render(report, quiet=True),
    "colour.terminal": lambda report: terminal.render(report, colour=True),
    "log.terminal": lambda report: terminal.render(report, wrapped=False),
    "ascii.terminal": lambda report: terminal.render(report, ascii=True),
} | {name: lambda report, made=made: "".join(made.render(report)) for name, made in FORMATS.items()}


# The JSON of hundreds of findings shows nothing that the others do not.
CASES = [(name, suffix) for suffix in RENDERERS for name in REPORTS]
CASES += [("many", suffix) for suffix in RENDERERS if "terminal" in suffix]


@pytest.mark.parametrize(("name", "suffix"), CASES)
def test_a_report_is_rendered_as_its_golden_file_says(name: str, suffix: str) -> None:
    report = many(400) if name == "many" else REPORTS[name]
    rendered = RENDERERS[suffix](report)
    golden = GOLDEN / f"{name}.{suffix}"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(rendered, encoding="utf-8", newline="")

    assert rendered.splitlines() == golden.read_text(encoding="utf-8").splitlines()
    assert rendered.encode() == golden.read_bytes()


def test_each_golden_file_belongs_to_a_case() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.{suffix}" for name, suffix in CASES}
