"""Directives that take facts from the code, so that pages can not say anything else.

Each directive is one function that gives reStructuredText. It is parsed as if it stood in the page: as the directives
come from docutils alone, the tests can expand pages without Sphinx (`expand`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

import click
from docutils.nodes import Node
from docutils.parsers.rst import Directive

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.cli import cli
from qualitygate.config.reference import reference
from qualitygate.errors import PRECEDENCE, ExitCode, ReleaseCode
from qualitygate.model.limits import Policy
from qualitygate.plugin import Argument
from qualitygate.reporters import json as json_format
from tests.release.faults import FAULTS

_KINDS = {
    "honoured": "Honoured",
    "without-effect": "Accepted, without effect",
    "refused": "Refused",
}
_MEANINGS = {
    "honoured": "These change what is analysed, selected or reported, and work as under the tool's own command.",
    "without-effect": "These are about output, jobs or recursion. Old command lines that hold them can be pasted.",
    "refused": "These end the run with exit code 2 and the sentence in the second column.",
}


def exit_codes(argument: str) -> str:
    """The table of exit codes."""
    rows = [(f"``{code.value}``", _code(code.sentence)) for code in ExitCode]
    soft = ("N", _code("There are only soft failures, and `--soft-exit-code N` was given."))
    rows.insert(list(ExitCode).index(ExitCode.INTERNAL), soft)
    order = ", ".join(str(code.value) for code in PRECEDENCE)
    return f"{_table(('Code', 'Meaning'), rows, '10 90')}\nWhen several apply, the first of {order}, N, 0 is the one.\n"


def release_codes(argument: str) -> str:
    """The table of exit codes of `release`."""
    return _table(("Code", "Meaning"), [(f"``{code.value}``", _code(code.sentence)) for code in ReleaseCode], "10 90")


def release_faults(argument: str) -> str:
    """What can go wrong on the way to an index, and what then; each row is a test."""
    rows = [(_code(row.fault), _code(row.step), f"``{row.code}``", _code(row.there), _code(row.then)) for row in FAULTS]
    return _table(("Fault", "Step", "Code", "On the index", "Next"), rows, "30 12 8 20 30")


def config_reference(argument: str) -> str:
    """Every key of the configuration."""
    return reference()


def tool_arguments(tool: str) -> str:
    """The options of a tool, by what becomes of them."""
    adapter = ADAPTERS[tool]
    parts = []
    for kind, title in _KINDS.items():
        rows = [(_option(name), _note(argument)) for name, argument in _of_kind(adapter.arguments, kind)]
        if rows:
            parts += [f"**{title}.** {_MEANINGS[kind]}", "", _table(("Option", "Note"), rows, "30 70")]
    return "\n".join(parts)


def tool_versions(tool: str) -> str:
    """The versions of a tool that are supported."""
    adapter = ADAPTERS[tool]
    return f"``{adapter.distribution}{adapter.versions}``"


def default_pipeline(argument: str) -> str:
    """The checks of a project without configuration."""
    rows = []
    for tool, adapter in ADAPTERS.items():
        arguments = f"``{' '.join(adapter.default_args)}``" if adapter.default_args else "none"
        rows.append((tool, arguments, _policy(adapter.default_policy)))
    return _table(("Check", "Arguments", "A finding"), rows, "15 55 30")


def command_options(path: str) -> str:
    """The options of a command, such as `config show`."""
    command = command_at(path.split())
    context = click.Context(command, parent=click.Context(cli, **cli.context_settings))
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            spelling, text = record
            rows.append((f"``{spelling}``", _code(text)))
    help_text = _code(" ".join((command.help or "").split()))
    return f"{help_text}\n\n" + _table(("Option", "Meaning"), rows, "35 65")


def command_at(words: Sequence[str]) -> click.Command:
    """The command that is called by *words*; raises KeyError if there is none."""
    command: click.Command = cli
    for word in words:
        found = command.get_command(click.Context(command), word) if isinstance(command, click.Group) else None
        if found is None:
            raise KeyError(" ".join(words))
        command = found
    return command


def json_report(argument: str) -> str:
    """The objects of the JSON report with their keys, each after the one that holds it."""
    components: dict[str, Any] = json_format.schema()["$defs"]
    parts = []
    for name in _from_outside(components, "Document"):
        component = components[name]
        rows = [(f"``{key}``", _words(kind)) for key, kind in component["properties"].items()]
        parts += [f"**{name}.** {_code(component['description'])}", "", _table(("Key", "Type"), rows, "25 75")]
    return "\n".join(parts)


GENERATORS: dict[str, Callable[[str], str]] = {
    "exit-codes": exit_codes,
    "release-codes": release_codes,
    "release-faults": release_faults,
    "config-reference": config_reference,
    "tool-arguments": tool_arguments,
    "tool-versions": tool_versions,
    "default-pipeline": default_pipeline,
    "command-options": command_options,
    "json-report": json_report,
}
"""Name of the directive -> what it stands for, given its argument."""


def expand(text: str) -> str:
    """A page with its generated parts in place."""
    names = "|".join(GENERATORS)
    return re.sub(rf"^\.\. ({names})::(.*)$", lambda match: GENERATORS[match[1]](match[2].strip()), text, flags=re.M)


def setup(app: Any) -> dict[str, bool]:
    """Register the directives with Sphinx."""
    for name in GENERATORS:
        app.add_directive(name, _directive(name))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _directive(directive: str) -> type[Directive]:
    class Generated(Directive):
        optional_arguments: ClassVar[int] = 1
        final_argument_whitespace: ClassVar[bool] = True

        def run(self) -> list[Node]:
            text = GENERATORS[directive](" ".join(self.arguments))
            self.state_machine.insert_input(["", *text.splitlines(), ""], f"<{directive}>")
            return []

    return Generated


def _of_kind(arguments: dict[str, Argument], kind: str) -> Iterator[tuple[str, Argument]]:
    return ((name, argument) for name, argument in sorted(arguments.items()) if argument.kind == kind)


def _option(name: str) -> str:
    return f"``{name}``" if name.startswith("-") else f"positional (``{name}``)"


def _note(argument: Argument) -> str:
    return _code(argument.note)


def _policy(policy: Policy) -> str:
    if policy.soft_fail is not None:
        return "is a soft failure"
    return "is reported only" if policy.max_findings == "any" else "fails the gate"


def _from_outside(components: dict[str, Any], name: str) -> list[str]:
    found = [name]
    for inner in re.findall(r"#/\$defs/(\w+)", json.dumps(components[name]["properties"])):
        found += _from_outside(components, inner)
    return list(dict.fromkeys(found))


def _words(kind: dict[str, Any]) -> str:
    """The type of a JSON value in words."""
    if "anyOf" in kind:
        return " or ".join(map(_words, kind["anyOf"]))
    if "$ref" in kind:
        return f"*{kind['$ref'].rpartition('/')[2]}*"
    if "enum" in kind:
        return ", ".join(f"``{value}``" for value in kind["enum"])
    if kind["type"] == "array":
        return f"array of {_words(kind['items'])}"
    if kind["type"] == "object":
        return f"object of {_words(kind['additionalProperties'])}"
    return f"{kind['type']} ({kind['format']})" if "format" in kind else str(kind["type"])


def _code(text: str) -> str:
    """Text of the code, in which single backquotes and options stand for themselves, as reStructuredText."""
    marked = re.sub(r"`([^`]+)`", r"``\1``", text)
    pieces = re.split(r"(``[^`]+``)", marked)
    pieces[::2] = [re.sub(r"(?<![\w-])(--[a-z][a-z-]*)", r"``\1``", piece).replace("*", r"\*") for piece in pieces[::2]]
    return "".join(pieces)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], widths: str) -> str:
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in (header, *rows):
        marks = ("   * - ", *["     - "] * (len(row) - 1))
        lines += [f"{mark}{cell}".rstrip() for mark, cell in zip(marks, row, strict=True)]
    return "\n".join([*lines, ""])
