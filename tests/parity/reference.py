"""The reference command of each tool, `TOOL ARGS PATHS` run in the project root, and the gate's answer to the same.

Each tool's own `main` runs in a process of its own. It is only listened to: which files it opens for analysis, and
what it reports, before that is formatted.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

Row = tuple[str, str | None, int | None, int | None, str]
"""Rule, path relative to the root, line, column, message."""


@dataclasses.dataclass
class Answer:
    """Files that were analysed and what was found."""

    files: set[str]
    rows: Counter[Row]
    unseen: set[str] = dataclasses.field(default_factory=set)
    """Files that the tool says, or for flake8 is known, not to have analysed."""


_LISTEN = {
    "flake8": """
from flake8 import checker, style_guide
from flake8.main.cli import main
init = checker.FileChecker.__init__
def listening(self, *, filename, plugins, options):
    files.append(filename)
    init(self, filename=filename, plugins=plugins, options=options)
checker.FileChecker.__init__ = listening
from flake8.formatting.base import BaseFormatter
def handle(self, error):
    rows.append([error.code, error.filename, error.line_number or None,
                 error.column_number if error.line_number else None, error.text])
BaseFormatter.handle = handle
main(["-j1", *argv])
""",
    "doc8": """
import sys, doc8.main as tool
scan, error = tool.scan, tool.Result.error
def listening_scan(cfg):
    found = scan(cfg)
    files.extend(one.filename for one in found[0])
    return found
def listening_error(self, check_name, filename, line, code, message):
    rows.append([code, filename, line if isinstance(line, (int, float)) else None, None, message])
    error(self, check_name, filename, line, code, message)
tool.scan, tool.Result.error = listening_scan, listening_error
sys.argv = ["doc8", *argv]
tool.main()
""",
    "yamllint": """
from yamllint import cli, linter
run, show = linter.run, cli.show_problems
def listening_run(stream, conf, filepath):
    if not conf.is_file_ignored(filepath):
        files.append(stream.name)
    return run(stream, conf, filepath)
def listening_show(problems, file, args_format, no_warn):
    problems = list(problems)
    rows.extend([p.rule or "syntax", file, p.line, p.column, p.desc]
                for p in problems if p.level == "error" or not no_warn)
    return show(problems, file, args_format, no_warn)
linter.run, cli.show_problems = listening_run, listening_show
cli.run(argv)
""",
    "bandit": """
import sys
from bandit.cli.main import main
from bandit.core import manager
output = manager.BanditManager.output_results
def listening(self, lines, sev_level, conf_level, *rest):
    files.extend(self.files_list)
    files.extend(name for name, _ in self.skipped)
    unseen.extend(name for name, _ in self.skipped)
    for issue in self.get_issue_list(sev_level, conf_level):
        rows.append([issue.test_id, issue.fname, issue.lineno, issue.col_offset, issue.text])
manager.BanditManager.output_results = listening
sys.argv = ["bandit", "-r", *argv]
main()
""",
    "radon": """
import sys
from radon.cli import harvest
iterate = harvest.iter_filenames
def listening(*args):
    for name in iterate(*args):
        files.append(name)
        yield name
harvest.iter_filenames = listening
import contextlib, io
from radon.cli import program
for command in ("cc", "mi"):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        sys.argv = ["radon", command, *argv]
        program()
    outputs.append([command, text.getvalue()])
""",
    "xenon": """
import logging, sys
from radon.cli import harvest
iterate = harvest.iter_filenames
def listening(*args):
    for name in iterate(*args):
        files.append(name)
        yield name
harvest.iter_filenames = listening
class Listener(logging.Handler):
    def emit(self, record):
        rows.append([record.levelname, None, None, None, record.getMessage()])
logging.getLogger("xenon").addHandler(Listener())
sys.argv = ["xenon", *argv]
from xenon import main
main()
""",
}

_FRAME = """
import json, sys
files, rows, unseen, outputs = [], [], [], []
argv = json.loads(sys.argv[1])
target = sys.argv[2]
try:
    exec(compile({body!r}, "listener", "exec"))
except SystemExit:
    pass
with open(target, "w", encoding="utf-8", errors="surrogateescape") as stream:
    json.dump([files, rows, unseen, outputs], stream)
"""


def reference(root: Path, tool: str, args: Sequence[str], paths: Sequence[str], scratch: Path) -> Answer:
    """What the tool's own command line answers. *args* must give nothing but what is analysed."""
    target = scratch / "reference.json"
    target.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-P", "-c", _FRAME.format(body=_LISTEN[tool]), json.dumps([*args, *paths]), str(target)],
        cwd=root,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=1800,
    )
    assert target.exists(), f"the reference command failed:\n{done.stderr[-3000:]}"
    files, rows, unseen, outputs = json.loads(target.read_text(encoding="utf-8", errors="surrogateescape"))
    if tool == "bandit":
        rows = [
            [rule, path, line, offset if rule in _BANDIT_CHARACTERS else _column(root, path, line, offset), text]
            for rule, path, line, offset, text in rows
        ]
    if tool == "radon":
        unseen = [path for _, text in outputs for path in _radon_errors(text)]
        rows = [row for command, text in outputs for row in _radon_rows(root, command, text)]
    if tool == "xenon":
        unseen = [_CANNOT_PARSE.match(row[4])[1] for row in rows if row[0] == "WARNING"]  # type: ignore[index]
        rows = [_xenon_row(root, row[4]) for row in rows if row[0] == "ERROR"]
    return Answer(
        files={_relative(root, path) for path in files},
        rows=Counter((row[0], row[1] and _relative(root, row[1]), *row[2:]) for row in rows),
        unseen={_relative(root, path) for path in unseen},
    )


def _relative(root: Path, path: str) -> str:
    return os.path.relpath(os.path.join(root, path), root)


def _column(root: Path, path: str, line: int, offset: int) -> int | None:
    """bandit: bytes of the tree's UTF-8 from 0 -> characters from 1."""
    import tokenize

    try:
        with tokenize.open(root / path) as stream:
            lines = stream.readlines()
    except (SyntaxError, UnicodeError):
        return offset + 1
    return len(lines[line - 1].encode()[:offset].decode(errors="replace")) + 1


_BANDIT_CHARACTERS = ("B613",)
"""Rules of bandit 1.9 whose columns are characters from 1 already: they look at lines, not at the tree."""

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_BLOCK = re.compile(r"^    ([FMC]) (\d+):(\d+) (.*)$")
_CANNOT_PARSE = re.compile(r"cannot parse (.*?): ")


def _radon_rows(root: Path, command: str, text: str) -> list[list[object]]:
    rows: list[list[object]] = []
    path = ""
    for line in _ANSI.sub("", text).splitlines():
        if line.startswith("    ERROR:") or not line:
            continue
        if command == "mi":
            name, _, rest = line.rpartition(" - ")
            if name and "ERROR" not in line:
                rows.append(["mi", name, None, None, rest])
        elif match := _BLOCK.match(line):
            kind, number, offset, rest = match.groups()
            rows.append(["cc", path, int(number), _column(root, path, int(number), int(offset)), f"{kind} {rest}"])
        elif " - ERROR" not in line:
            path = line
    return rows


def _radon_errors(text: str) -> list[str]:
    lines = _ANSI.sub("", text).splitlines()
    pairs = zip(lines, lines[1:], strict=False)
    return [path for path, error in pairs if error.startswith("    ERROR:")] + [
        line.rpartition(" - ERROR")[0] for line in lines if " - ERROR" in line
    ]


def _xenon_row(root: Path, message: str) -> list[object]:
    if match := re.match(r'block "(.*):(\d+) (.*)" has', message):
        return ["absolute", match[1], int(match[2]), None, message]
    if match := re.match(r"module '(.*)' has", message):
        return ["modules", match[1], None, None, message]
    return ["average", None, None, None, message]


def gate(
    root: Path, tool: str, args: Sequence[str], paths: Sequence[str], scratch: Path, shell: str = "."
) -> Answer:
    """What `qualitygate check` answers, asked as its users ask it, in the folder *shell* below the root."""
    config = root / "qualitygate.toml"
    config.write_text(
        f"checks = [{json.dumps(tool)}]\nallow-empty = true\n[{tool}]\n"
        f"paths = {json.dumps(list(paths))}\nargs = {json.dumps(list(args))}\n"
    )
    report = scratch / "report.json"
    try:
        done = _qualitygate(root / shell, "check", "--report", f"json={report}", "--no-progress")
        listed = _qualitygate(root / shell, "files", "-0")
    finally:
        config.unlink()
    data = json.loads(report.read_text())
    assert done.returncode in (0, 1), done.stderr[-3000:]
    [check] = data["checks"]
    assert check["state"] != "broken", check
    files = set(filter(None, listed.stdout.split("\0")))
    return Answer(
        files=files,
        rows=Counter((f["rule"], f["path"], f["line"], f["column"], f["message"]) for f in data["findings"]),
        unseen={error["path"] for error in check["errors"]},
    )


def _qualitygate(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "qualitygate", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=1800,
    )
