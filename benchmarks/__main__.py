"""`python -m benchmarks`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.report import Outcome, environment
from benchmarks.runner import run
from benchmarks.scenarios import SCENARIOS


def main() -> int:
    """Measure, print, and give the exit code: 1 if something failed or a result was not identical."""
    options = _parser().parse_args()
    outcome = Outcome(environment(options.cores), options.quick)
    try:
        for group, results, notes in run(options.only or [*SCENARIOS], options.quick, options.rounds):
            outcome.add(group, results, notes)
            print(outcome.section(group), flush=True)
    except KeyboardInterrupt:
        print("interrupted: what follows is what was measured until then", file=sys.stderr)
    print(outcome.summary())
    if options.markdown:
        options.markdown.write_text(outcome.markdown())
    if options.json:
        options.json.write_text(outcome.json())
    return int(outcome.failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="measures qualitygate side by side with what it replaces"
    )
    parser.add_argument("--quick", action="store_true", help="one round on small trees: shows that it works, no more")
    parser.add_argument(
        "--only", action="append", choices=[*SCENARIOS], metavar="GROUP",
        help=f"measure only this group (repeatable): {', '.join(SCENARIOS)}",
    )
    parser.add_argument("--rounds", type=_positive, metavar="N", help="measurements of each row (default: 5)")
    parser.add_argument(
        "--cores", type=_positive, default=2, metavar="N",
        help="cores that all commands share (default: 2, for which the goals are)",
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single measurement as JSON, too")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


if __name__ == "__main__":
    sys.exit(main())
