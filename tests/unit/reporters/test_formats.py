"""The registry, and what stands in a report file while a run lasts."""

from __future__ import annotations

import json

from qualitygate.errors import ExitCode
from qualitygate.reporters import FORMATS, unjudged
from tests.unit.reporters.samples import STARTED


def test_formats_are_found_by_their_names() -> None:
    assert list(FORMATS) == ["json", "text"]
    assert all(name == made.name for name, made in FORMATS.items())


def test_a_run_that_does_not_finish_leaves_files_that_say_so() -> None:
    made = unjudged(version="0.1.0", started=STARTED)
    document = json.loads("".join(FORMATS["json"].render(made)))

    assert (document["verdict"], document["exit_code"]) == ("unjudged", ExitCode.BROKEN)
    assert document["checks"] == document["findings"] == []
    assert "".join(FORMATS["text"].render(made)) == "qualitygate: not judged: the run did not finish\n"
