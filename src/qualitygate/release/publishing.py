"""`qualitygate release`: from source to verified files on an index, readable from top to bottom."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from qualitygate.config import Settings
from qualitygate.release import attestations, clearance, credentials, isolation, promotion, receipt
from qualitygate.release.accounting import opened
from qualitygate.release.approval import Approval, approve
from qualitygate.release.clearance import Clearance
from qualitygate.release.credentials import Credentials, TrustedPublishing
from qualitygate.release.delivery import Delivery
from qualitygate.release.preparation import Sources, Teller, check_source, locked, prepare, require_folder
from qualitygate.release.receipt import Journal, Receipt
from qualitygate.release.redaction import Redactor
from qualitygate.release.source import SourceState
from qualitygate.release.targets import Target, shown


class Judge(Teller, Protocol):
    """A teller who can be asked."""

    def confirm(self, question: str) -> bool:
        """Whether to go on."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line asks for."""

    target: Target
    sources: Sources
    promote: Path | None = None
    dry_run: bool = False
    gate_report: Path | None = None
    waiver: str = ""
    """Why there is no gate; empty for a gate."""
    new_project: bool = False
    verify: bool = True
    verify_timeout: float = 300.0
    """Seconds."""
    receipt: Path | None = None
    attestations: bool = False
    trusted_publishing: TrustedPublishing = "auto"
    confirmed: bool = False
    """Whether production needs no more questions."""
    again: str = ""
    """The command line that goes on with the same files."""


def publish(options: Options, given: Mapping[str, str], redact: Redactor, tell: Judge) -> Receipt:
    """Publish one version to one target.

    Args:

        given: Variables with credentials, by name.

    Raises:

        QualityGateError: It was not published, or not verified. The receipt, if there is one, says how far it came.
    """
    configuration = clearance.settings(options.sources.project)
    access = _access(options, configuration, given, tell)
    if options.promote is None:
        require_folder(options.sources)
    with locked(options.sources.folder):
        tested = _tested(options, given, tell)
        state, tag = check_source(options.sources, tell)
        gate = _clearance(options, configuration, state, tell)
        if not options.sources.built_before:
            _warn_of_readable_secrets(given, tell)
        if tested is not None:
            promotion.require_files(tested, options.sources.folder, given, tell)
        prepared = prepare(
            options.sources, state, tag, options.target,
            public=access.public, secrets=credentials.secret_values(given), not_secret=configuration.not_secret,
            redact=redact, tell=tell,
        )
        if tested is not None:
            promotion.require_same(tested, prepared)
        approval = Approval(
            access=access, prepared=prepared, new_project=options.new_project, tested=tested is not None
        )
        index, plan = approve(approval, tell)
        journal = _journal(options, opened(access, index.url, prepared, plan, gate, tested))
        if options.dry_run:
            tell.say("dry run: nothing was sent")
            return journal.receipt
        if plan.uploads and not options.confirmed:
            _confirm(tell, f"{prepared.first.project} {prepared.first.version}", access)
        signed = _attested(options, access, journal, [one.path for one in prepared.artifacts], given, redact, tell)
        delivery = Delivery(access, index, prepared, plan, journal, redact, tell, signed)
        return delivery.deliver(options.verify_timeout if options.verify else None, options.again)


def _tested(options: Options, given: Mapping[str, str], tell: Teller) -> Receipt | None:
    """The test release to promote, if one is."""
    return promotion.evidence(options.promote, options.target, given, tell) if options.promote else None


def _journal(options: Options, first: Receipt) -> Journal:
    path = options.receipt or receipt.default_path(options.sources.folder, options.target.value)
    return Journal(None if options.dry_run else path, receipt.continued(first, path))


def _access(options: Options, configuration: Settings, given: Mapping[str, str], tell: Teller) -> Credentials:
    with tell.step("credentials") as detail:
        access = credentials.read(
            options.target,
            given,
            trusted_publishing=options.trusted_publishing,
            configured_url=configuration.release_urls.get(options.target.value),
        )
        if options.attestations:
            attestations.require_possible(access)
        by = "the job's identity" if access.identity else access.user
        detail(f"{by} at {shown(access.url)} (their form; only an upload shows whether they are valid)")
    for warning in access.warnings:
        tell.warn(warning)
    return access


def _clearance(options: Options, configuration: Settings, state: SourceState, tell: Teller) -> Clearance:
    with tell.step("gate") as detail:
        if options.waiver:
            found = Clearance(verdict="not run", how="waived", reason=options.waiver)
        elif options.gate_report is not None:
            found = clearance.accept(options.gate_report, configuration, state)
        else:
            found = clearance.run(configuration)
        detail(f"{found.verdict} ({found.how}){f': {found.reason}' if found.reason else ''}")
    return found


def _warn_of_readable_secrets(given: Mapping[str, str], tell: Teller) -> None:
    programs = isolation.readable_ancestors(credentials.secret_values(given).values())
    if programs:
        tell.warn(
            f"{', '.join(dict.fromkeys(programs))}, which started this, has credentials in its environment, where the "
            "build's code can read them; build in a job without credentials (`qualitygate release build`) and publish "
            "with --dist"
        )


def _confirm(tell: Judge, what: str, access: Credentials) -> None:
    if not tell.confirm(f"Publish {what} on the {access.target.title} {shown(access.url)}? It can not be undone."):
        raise credentials.not_ready("not confirmed: nothing was sent", "answer yes, or give --yes")


def _attested(
    options: Options,
    access: Credentials,
    journal: Journal,
    paths: list[Path],
    given: Mapping[str, str],
    redact: Redactor,
    tell: Teller,
) -> bool:
    """Whether attestations go along; they are made if there are none."""
    if options.attestations:
        with tell.step("attestations") as detail:
            signed = [file.name for file in attestations.ensure(paths, given, redact)]
            detail(", ".join(signed))
        journal.change(attestations=tuple(signed))
    return options.attestations
