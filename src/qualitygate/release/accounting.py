"""What the receipt of a release says before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

import qualitygate
from qualitygate.release import receipt
from qualitygate.release.clearance import Clearance
from qualitygate.release.credentials import Credentials
from qualitygate.release.planning import Plan, Step
from qualitygate.release.preparation import Prepared
from qualitygate.release.receipt import Receipt
from qualitygate.release.targets import shown

_PROVEN = ("identity", "contents", "secrets", "twine check --strict")


def opened(
    access: Credentials, index_url: str, prepared: Prepared, plan: Plan, gate: Clearance, tested: Receipt | None
) -> Receipt:
    """A receipt for files that were proven and planned.

    Args:

        tested: Receipt of the test release that is promoted.
    """
    first = prepared.first
    return Receipt(
        qualitygate=qualitygate.__version__,
        target=access.target.value,
        upload_url=shown(access.url),
        index_url=shown(index_url),
        project=first.project,
        normalized=first.normalized,
        version=first.version,
        requires_python=first.requires_python,
        git=_git(prepared),
        ci=receipt.ci_facts(),
        build=_build(prepared),
        files=tuple(_files(prepared, plan)),
        checks=(_gate(gate), *(receipt.Check(id=name, result="pass") for name in _PROVEN)),
        promoted_from=tested.index_url if tested else "",
        started=receipt.now(),
        result="planned",
    )


def _git(prepared: Prepared) -> receipt.Git:
    state = prepared.state
    built_dirty = prepared.manifest is not None and prepared.manifest.dirty
    return receipt.Git(
        commit=state.commit,
        tree=state.tree,
        tag=prepared.tag.name if prepared.tag else "",
        dirty=built_dirty or bool(state.changed),
        remote=state.remote,
    )


def _build(prepared: Prepared) -> dict[str, object]:
    facts: dict[str, object] = msgspec.to_builtins(prepared.manifest) if prepared.manifest else {}
    return {key: value for key, value in facts.items() if key not in ("files", "schema")}


def _gate(gate: Clearance) -> receipt.Check:
    detail = " ".join(part for part in (gate.how, gate.reason, gate.digest) if part)
    return receipt.Check(id="gate", result=gate.verdict, detail=detail)


def _files(prepared: Prepared, plan: Plan) -> Iterator[receipt.File]:
    by_name = {one.name: one for one in prepared.artifacts}
    for file in plan.files:
        artifact = by_name[file.name]
        yield receipt.File(
            name=file.name,
            kind=artifact.kind,
            size=artifact.size,
            sha256=file.sha256,
            blake2_256=artifact.blake2_256,
            state="already-present" if file.step is Step.PRESENT else "planned",
        )
