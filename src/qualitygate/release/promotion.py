"""Takes the bytes that a test index was proven to serve to production, without a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.release import building, credentials, receipt, verification
from qualitygate.release.index import Index
from qualitygate.release.index import of as index_of
from qualitygate.release.index_page import Listed
from qualitygate.release.preparation import Prepared, Teller
from qualitygate.release.receipt import File, Receipt
from qualitygate.release.targets import Target, is_loopback, public_index, shown


def _refuse(headline: str, hint: str) -> ReleaseError:
    return ReleaseError(ReleaseCode.REFUSED, headline, hint)


def evidence(path: Path, target: Target, given: Mapping[str, str], tell: Teller) -> Receipt:
    """The receipt of a test release that is verified, and that the test index still bears out.

    Raises:

        ReleaseError: It does not do.
    """
    with tell.step("promotion") as detail:
        found = receipt.load(path)
        if target is not Target.PROD or found.target != Target.TEST.value:
            raise ReleaseError(
                ReleaseCode.NOT_READY,
                f"--promote takes a release from test to prod; this is --target {target.value} with a receipt of "
                f"{found.target}",
                "give the receipt of the test release, and --target prod",
            )
        if found.verification is None or not found.verification.hashes_equal or found.result != "published":
            raise _refuse(
                f"the receipt {path} is of a release that was not verified ({found.result})",
                f"verify it: `qualitygate release verify {path}`",
            )
        index = test_index(found, given)
        _require_listed(index, found)
        detail(f"{shown(index.url)} serves the {len(found.files)} files of the receipt")
    return found


def test_index(found: Receipt, given: Mapping[str, str]) -> Index:
    """The index that a receipt of a test release is about.

    Raises:

        ReleaseError: The environment names another one, or it can not be trusted.
    """
    return _index(found, Target.TEST, given)


def _index(found: Receipt, target: Target, given: Mapping[str, str]) -> Index:
    if any(given.get(f"{target.prefix}_{name}") for name in ("URL", "INDEX_URL")):
        index = index_of(credentials.addresses(target, given))
        if shown(index.url) != found.index_url:
            raise ReleaseError(
                ReleaseCode.NOT_READY,
                f"the receipt is of {found.index_url}, the environment names {shown(index.url)}",
                f"check {target.prefix}_URL and {target.prefix}_INDEX_URL",
            )
        return index
    known = found.index_url == public_index(target) or is_loopback(found.index_url)
    if not known and not found.index_url.startswith("https://"):
        raise ReleaseError(
            ReleaseCode.NOT_READY, f"the receipt names an index without encryption: {found.index_url}", "is it yours?"
        )
    return Index(found.index_url)


def index_for(found: Receipt, given: Mapping[str, str]) -> Index:
    """The index that a receipt is about.

    Raises:

        ReleaseError: As `test_index`.
    """
    return _index(found, Target(found.target), given)


def _require_listed(index: Index, found: Receipt) -> None:
    names = [file.name for file in found.files]
    listed = verification.hashes(index, index.files(found.normalized), names, found.normalized, found.version) or {}
    for file in found.files:
        if listed.get(file.name) != file.sha256:
            state = "does not list" if file.name not in listed else "lists other bytes for"
            raise _refuse(
                f"the test index {shown(index.url)} {state} {file.name}",
                "what is promoted must be on the test index with the bytes of the receipt: publish to test again, as a "
                "new version",
            )


def require_files(found: Receipt, folder: Path, given: Mapping[str, str], tell: Teller) -> None:
    """Have the receipt's files in *folder*; what is missing is downloaded from the test index, and held to the receipt.

    Raises:

        ReleaseError: A file has other bytes.
    """
    digests = {file.name: building.digest(folder / file.name) for file in found.files}
    for file in found.files:
        if digests[file.name] not in ("", file.sha256):
            raise _refuse(
                f"{folder / file.name} has other bytes than were tested: sha256 {digests[file.name]}, receipt "
                f"{file.sha256}",
                "bring back the files of the test release, or an empty folder: they are downloaded then",
            )
    missing = [file for file in found.files if not digests[file.name]]
    if missing:
        with tell.step("download") as detail:
            _download_all(found, missing, folder, given)
            detail(", ".join(file.name for file in missing))


def _download_all(found: Receipt, missing: Sequence[File], folder: Path, given: Mapping[str, str]) -> None:
    index = test_index(found, given)
    listed = {file.name: file for file in index.files(found.normalized) or ()}
    for file in missing:
        _download(index, listed.get(file.name), file, folder)


def _download(index: Index, listed: Listed | None, file: File, folder: Path) -> None:
    if listed is None:
        raise _refuse(f"the test index does not list {file.name}", "publish to test again, as a new version")
    draft = folder / f".{file.name}.part"
    if index.fetch(listed, draft) != file.sha256:
        draft.unlink()
        raise _refuse(f"the test index serves other bytes for {file.name} than its receipt says", "do not promote it")
    draft.replace(folder / file.name)


def require_same(found: Receipt, prepared: Prepared) -> None:
    """What is about to be sent must be what the receipt is about.

    Raises:

        ReleaseError: It is something else.
    """
    ours = {one.name: one.sha256 for one in prepared.artifacts}
    tested = {file.name: file.sha256 for file in found.files}
    if ours != tested:
        odd = sorted(set(ours.items()) ^ set(tested.items()))
        raise _refuse(
            f"the files are not those of the receipt: {odd[0][0]}", "promote exactly what was tested: name its folder"
        )
    if prepared.state.commit != found.git.commit:
        raise _refuse(
            f"HEAD is {prepared.state.commit[:12]}, the test release was of the commit {found.git.commit[:12]}",
            "check that commit out",
        )
    tag = prepared.tag.name if prepared.tag else ""
    if found.git.tag and tag != found.git.tag:
        raise _refuse(f"the tag is {tag or 'missing'}, the test release was of {found.git.tag}", "check that tag out")
