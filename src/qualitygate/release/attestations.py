"""Attestations of where files were built (PEP 740): made by pypi-attestations, sent by twine."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.release import children
from qualitygate.release.credentials import Credentials
from qualitygate.release.redaction import Redactor

SUFFIX = ".publish.attestation"
_TIMEOUT = 300.0  # seconds
_IDENTITY = ("SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")


def sidecars(path: Path) -> list[Path]:
    """The attestation that lies beside a distribution, if one does."""
    sidecar = path.with_name(path.name + SUFFIX)
    return [sidecar] if sidecar.exists() else []


def require_possible(access: Credentials) -> None:
    """Refuse what no index would take.

    Raises:

        ReleaseError: The index takes no attestations, or not with these credentials.
    """
    if not access.public:
        reason = f"only twine's own addresses take attestations, and the {access.target.title} is another one"
    elif not access.identity:
        reason = "the index takes attestations only with the identity of a trusted publisher, and this is a token"
    else:
        return
    raise ReleaseError(ReleaseCode.NOT_READY, f"--attestations: {reason}", "leave --attestations out")


def ensure(paths: Sequence[Path], given: Mapping[str, str], redact: Redactor) -> list[Path]:
    """Sign what is not signed yet: a file is signed once, and its attestation serves every index.

    Raises:

        ReleaseError: It can not be signed.
    """
    unsigned = [path for path in paths if not sidecars(path)]
    if unsigned:
        _sign(unsigned, given, redact)
    return [sidecar for path in paths for sidecar in sidecars(path)]


def _sign(paths: Sequence[Path], given: Mapping[str, str], redact: Redactor) -> None:
    if importlib.util.find_spec("pypi_attestations") is None:
        raise ReleaseError(
            ReleaseCode.NOT_READY,
            f"--attestations: {paths[0].name} has none, and the package that makes them is not installed",
            "install pytest-qualitygate[attestations]",
        )
    identity = {name: given[name] for name in _IDENTITY if name in given}
    done = children.run(children.tool("pypi_attestations", "sign", *paths), timeout=_TIMEOUT, variables=identity)
    missing = [path.name for path in paths if not sidecars(path)]
    if missing or done.failed:
        raise ReleaseError(
            ReleaseCode.NOT_READY,
            f"--attestations: {', '.join(missing) or 'a file'} could not be signed: {redact(done.why)}",
            "in GitLab the job needs `id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}`, on GitHub "
            "`permissions: {id-token: write}`",
        )
