"""`qualitygate release`: builds, proves, publishes and verifies."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import click
from click.core import ParameterSource

from qualitygate.cli.steps import Steps
from qualitygate.cli.terminal import color_option
from qualitygate.errors import QualityGateError, ReleaseCode, ReleaseError, UsageError
from qualitygate.release import (
    clearance, credentials, delivery, isolation, overview, preparation, promotion, publishing, receipt, source,
)
from qualitygate.release.index import of as index_of
from qualitygate.release.receipt import Journal, Receipt
from qualitygate.release.targets import Target

_DEFAULT_TIMEOUT = {Target.TEST: 300.0, Target.PROD: 900.0}
"""Seconds to wait for an index."""

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)
_SECONDS = click.FloatRange(min=0, max=86400)

project_option = click.option(
    "--project", type=_FOLDER, default=Path("."), metavar="DIR", help="folder of the project (default: the current one)"
)
pattern_option = click.option(
    "--tag-pattern",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="names of version tags, with {version} in them (repeatable; default: v{version} and {version})",
)
untagged_option = click.option(
    "--no-require-tag", is_flag=True, help="the commit needs no version tag (not for production)"
)
dirty_option = click.option(
    "--allow-dirty", is_flag=True, help="build although the work tree is not the commit; the receipt says so"
)
target_option = click.option(
    "--target", type=click.Choice([target.value for target in Target]), help="where to publish"
)
json_option = click.option("--json", "outcome", type=_FILE, metavar="FILE", help="write what happened, for programs")
timeout_option = click.option(
    "--verify-timeout",
    type=_SECONDS,
    metavar="S",
    help="seconds to wait until the index serves the files (default: 300 for test, 900 for prod)",
)


class _Group(click.Group):
    """Options of its own, and subcommands."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "--target test|prod [OPTIONS]")
        formatter.write_usage(ctx.command_path, "build|status|verify [OPTIONS]")


@click.group("release", cls=_Group, invoke_without_command=True)
@target_option
@project_option
@click.option("--dist", type=_FOLDER, metavar="DIR", help="publish the files of an earlier build, which are in DIR")
@click.option(
    "--promote", type=_FILE, metavar="RECEIPT", help="publish to prod exactly the bytes of this release to test"
)
@click.option("--dry-run", is_flag=True, help="do everything but send: build, prove, plan")
@click.option("--gate-report", type=_FILE, metavar="FILE", help="JSON report of a gate that was run on this commit")
@click.option("--no-gate", "waiver", metavar="REASON", help="publish without the gate; the reason is recorded")
@pattern_option
@untagged_option
@dirty_option
@click.option("--new-project", is_flag=True, help="create the project on the production index if it is not there")
@click.option("--yes", is_flag=True, help="do not ask before production")
@click.option("--no-verify", is_flag=True, help="do not look at what the index serves afterwards")
@timeout_option
@click.option("--receipt", "kept", type=_FILE, metavar="FILE", help="where the receipt is (default: beside the files)")
@click.option("--attestations", is_flag=True, help="sign the files, and send the attestations")
@click.option(
    "--trusted-publishing",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="use the identity of the CI job in place of a token",
)
@json_option
@color_option
@click.pass_context
def command(
    ctx: click.Context,
    target: str | None,
    project: Path,
    dist: Path | None,
    promote: Path | None,
    dry_run: bool,
    gate_report: Path | None,
    waiver: str | None,
    patterns: tuple[str, ...],
    no_require_tag: bool,
    allow_dirty: bool,
    new_project: bool,
    yes: bool,
    no_verify: bool,
    verify_timeout: float | None,
    kept: Path | None,
    attestations: bool,
    trusted_publishing: Literal["auto", "always", "never"],
    outcome: Path | None,
    color: str,
) -> int:
    """Build, prove and publish the sdist and the wheel.

    Credentials come from the environment: PYPI_TEST_USERNAME, PYPI_TEST_PASSWORD and PYPI_TEST_URL, or the same with
    PYPI_PROD. Running the same command again is always right: what the index has is not sent again.
    """
    if ctx.invoked_subcommand is not None:
        return 0
    chosen = _target(target)
    _require_compatible(chosen, ctx.params)
    given = _given()
    folder = dist or (promote.parent if promote else project / "dist")
    sources = _sources(
        project,
        folder,
        built_before=dist is not None or promote is not None,
        patterns=patterns,
        require_tag=not no_require_tag,
        allow_dirty=allow_dirty,
        own=(gate_report, promote, kept, outcome),
    )
    options = publishing.Options(
        target=chosen,
        sources=sources,
        promote=promote,
        dry_run=dry_run,
        gate_report=gate_report,
        waiver=waiver or "",
        new_project=new_project,
        verify=not no_verify,
        verify_timeout=_DEFAULT_TIMEOUT[chosen] if verify_timeout is None else verify_timeout,
        receipt=kept,
        attestations=attestations,
        trusted_publishing=trusted_publishing,
        confirmed=yes or chosen is Target.TEST,
        again=_again(ctx, folder),
    )
    steps = Steps(credentials.redactor(given), color)
    with _outcome(outcome, steps, kept or receipt.default_path(folder, chosen.value)):
        made = publishing.publish(options, given, steps.redact, steps)
        steps.finish(_summary(made, options))
    return int(ReleaseCode.PUBLISHED)


def _target(value: str | None) -> Target:
    if value is None:
        raise UsageError("release needs --target test or --target prod", "see `qualitygate release --help`")
    return Target(value)


def _require_compatible(target: Target, params: Mapping[str, Any]) -> None:
    for problem in _contradictions(target, params):
        raise UsageError(problem, "see `qualitygate release --help`")
    asked = target is Target.PROD and not params["yes"] and not params["dry_run"]
    if asked and not sys.stdin.isatty():
        raise UsageError("--target prod asks before it publishes, and there is no terminal to ask", "give --yes")


def _contradictions(target: Target, params: Mapping[str, Any]) -> Iterator[str]:
    if params["promote"] is not None and target is not Target.PROD:
        yield "--promote takes a release from test to prod: it needs --target prod"
    if params["no_require_tag"] and target is Target.PROD:
        yield "--no-require-tag is for the test index: production needs a version tag"
    if params["waiver"] is not None and params["gate_report"] is not None:
        yield "--gate-report and --no-gate can not be combined"
    if params["waiver"] is not None and not params["waiver"].strip():
        yield "--no-gate needs a reason"


def _given() -> Mapping[str, str]:
    try:
        return isolation.credentials()
    except (OSError, ValueError) as error:
        raise ReleaseError(
            ReleaseCode.NOT_READY, f"the credentials can not be kept out of the environment: {error}", ""
        ) from None


def _sources(
    project: Path,
    folder: Path,
    *,
    built_before: bool,
    patterns: tuple[str, ...],
    require_tag: bool,
    allow_dirty: bool,
    own: tuple[Path | None, ...] = (),
) -> preparation.Sources:
    if not project.is_dir():
        raise UsageError(f"--project {project}: no such folder", "give the folder with pyproject.toml or setup.py")
    for pattern in patterns:
        if pattern.count("{version}") != 1:
            raise UsageError(f"--tag-pattern {pattern}: {{version}} must be in it once", "for example pkg-v{version}")
    return preparation.Sources(
        project=project.resolve(),
        folder=Path(os.path.abspath(folder)),
        built_before=built_before,
        patterns=patterns or source.DEFAULT_PATTERNS,
        require_tag=require_tag,
        allow_dirty=allow_dirty,
        own=tuple(Path(os.path.abspath(path)) for path in own if path is not None),
    )


def _again(ctx: click.Context, folder: Path) -> str:
    """The same command line, with the files that are there now."""
    words: list[str] = []
    for parameter in ctx.command.params:
        name = parameter.name or ""
        typed = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if not typed or name in ("dist", "outcome", "color", "dry_run"):
            continue
        value = ctx.params[name]
        if isinstance(parameter, click.Option) and parameter.is_flag:
            words.append(parameter.opts[0])
        else:
            values = value if isinstance(value, tuple) else (value,)
            words += [word for one in values for word in (parameter.opts[0], str(one))]
    return shlex.join(["qualitygate", "release", *words, "--dist", str(folder)])


class _outcome:  # noqa: N801 - used as a function
    """Writes `--json`, whatever happens."""

    def __init__(self, file: Path | None, steps: Steps, receipt_path: Path) -> None:
        self._file = file
        self._steps = steps
        self._receipt = receipt_path
        if file is not None:
            self._write({"exit_code": None, "result": "not finished"})

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._file is None:
            return
        code = getattr(error, "code", ReleaseCode.INTERNAL) if error is not None else ReleaseCode.PUBLISHED
        told = None
        if isinstance(error, QualityGateError):
            told = {"headline": self._steps.redact(error.headline), "hint": self._steps.redact(error.hint)}
        self._write({"exit_code": int(code), "result": code.name.lower(), "error": told})

    def _write(self, fields: dict[str, Any]) -> None:
        from qualitygate.reporters.write import write_report

        assert self._file is not None
        kept = None
        if self._receipt.exists():
            kept = json.loads(self._receipt.read_bytes())
        document = {
            "schema": "qualitygate-release-outcome/1",
            "error": None,
            **fields,
            "steps": self._steps.told,
            "receipt": kept,
        }
        write_report(str(self._file), [json.dumps(document, indent=2), "\n"])


def _summary(made: Receipt, options: publishing.Options) -> str:
    what = f"{made.project} {made.version}"
    where = f"{options.target.title} {made.index_url}"
    if options.dry_run:
        return f"{what} could be published on the {where}: dry run, nothing was sent"
    if made.verification is None:
        return f"{what} is uploaded to the {where}, not verified"
    return f"{what} is published on the {where}, and verified"


@command.command("build", short_help="build the files and prove them; needs no credentials")
@project_option
@click.option("--dist", type=_FOLDER, metavar="DIR", help="where to put the files (default: dist in the project)")
@pattern_option
@untagged_option
@dirty_option
@color_option
def build(
    project: Path,
    dist: Path | None,
    patterns: tuple[str, ...],
    no_require_tag: bool,
    allow_dirty: bool,
    color: str,
) -> int:
    """Build the sdist, and the wheel from it, and prove them, for `release --dist` in a later job.

    A job without credentials is the right place: the build runs code of the project and of what it requires.
    """
    given = _given()
    steps = Steps(credentials.redactor(given), color)
    sources = _sources(
        project,
        dist or project / "dist",
        built_before=False,
        patterns=patterns,
        require_tag=not no_require_tag,
        allow_dirty=allow_dirty,
    )
    configuration = clearance.settings(sources.project)
    with preparation.locked(sources.folder):
        state, tag = preparation.check_source(sources, steps)
        made = preparation.prepare(
            sources, state, tag, None,
            public=False, secrets=credentials.secret_values(given), not_secret=configuration.not_secret,
            redact=steps.redact, tell=steps,
        )
    steps.finish(f"{made.first.project} {made.first.version} is built in {sources.folder}")
    return int(ReleaseCode.PUBLISHED)


@command.command("status", short_help="the local files, the receipts and the index side by side")
@target_option
@project_option
@click.option("--dist", type=_FOLDER, metavar="DIR", help="where the files are (default: dist in the project)")
@color_option
def status(target: str | None, project: Path, dist: Path | None, color: str) -> int:
    """Show what is built, what was sent, and what the index has; exits with 0 if all of it is the same.

    Otherwise: 4 for other bytes, 5 for files that are missing on the index, 6 if it can not be read.
    """
    chosen = _target(target)
    given = _given()
    steps = Steps(credentials.redactor(given), color)
    folder = Path(os.path.abspath(dist or project / "dist"))
    configured = clearance.settings(project.resolve()).release_urls.get(chosen.value)
    index = index_of(credentials.addresses(chosen, given, configured))
    shown = overview.compare(folder, chosen, index)
    click.echo(steps.redact(shown.text))
    return int(shown.code)


@command.command("verify", short_help="look at what the index serves for a receipt")
@click.argument("file", metavar="RECEIPT", type=_FILE)
@timeout_option
@json_option
@color_option
def verify(file: Path, verify_timeout: float | None, outcome: Path | None, color: str) -> int:
    """Read the index, download the files of a receipt, compare and install them; the outcome goes into the receipt."""
    given = _given()
    steps = Steps(credentials.redactor(given), color)
    with _outcome(outcome, steps, file):
        known = receipt.load(file)
        target = Target(known.target)
        timeout = _DEFAULT_TIMEOUT[target] if verify_timeout is None else verify_timeout
        index = promotion.index_for(known, given)
        delivery.verify(index, Journal(file, known), timeout, steps.redact, steps)
        steps.finish(f"{known.project} {known.version} is published on the {target.title}, and verified")
    return int(ReleaseCode.PUBLISHED)
