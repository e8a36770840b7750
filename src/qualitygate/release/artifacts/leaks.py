"""Secrets in what is about to be published.

All bytes of all members are looked at, as a stream. Archives inside of archives are not opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from qualitygate.model.names import visible
from qualitygate.release.artifacts.archives import Archive, Member, Unsound, open_archive
from qualitygate.release.artifacts.flaw import Flaw
from qualitygate.release.artifacts.reading import Artifact
from qualitygate.release.redaction import forms

NAMES = frozenset({".env", ".pypirc", ".netrc", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"})
"""Files that hold secrets by their purpose; exact names, since parts of names give false alarms."""

_TOKEN = re.compile(rb"pypi-[A-Za-z0-9_-]{85,}")
"""An API token of the public index (warehouse, docs/user/api/secrets.md)."""
_KEY = re.compile(
    rb"^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[ \t]*\r?\n"
    rb"(?:[A-Za-z-]+:[^\n]*\n)*\s*[A-Za-z0-9+/=]{16,}[ \t]*\r?$",
    re.MULTILINE,
)
"""A line of its own with the header, perhaps fields, then base64: a text about keys does not look so (RFC 7468)."""
_MESSAGES = {
    "token": "it holds an API token; revoke it and leave it out",  # nosec B105 - a sentence
    "private-key": "it holds a private key; leave it out",
    "secret": "it holds the value of {}; leave it out, and change that secret",
}
_OVERLAP = 8192
"""Bytes that are looked at again with the next part: nothing is missed where two parts meet."""


def leak_flaws(artifact: Artifact, secrets: Mapping[str, str]) -> Iterator[Flaw]:
    """Secrets in one file.

    Args:

        secrets: Values that must not be in it, by the name that is told.
    """
    needles = {
        form.encode(errors="surrogateescape"): name for name, value in secrets.items() for form in forms(value)
    }
    try:
        with open_archive(artifact.path) as archive:
            yield from (Flaw(artifact.name, *problem) for problem in _problems(archive, needles))
    except (Unsound, OSError) as error:
        yield Flaw(artifact.name, "unsound", "", f"it can not be read: {visible(str(error))}; build it anew")


def _problems(archive: Archive, needles: Mapping[bytes, str]) -> Iterator[tuple[str, str, str]]:
    patterns = {"token": _TOKEN, "private-key": _KEY}
    if needles:
        longest_first = sorted(needles, key=len, reverse=True)
        patterns["secret"] = re.compile(b"|".join(map(re.escape, longest_first)))
    overlap = max([_OVERLAP, *map(len, needles)])
    for member in archive.members:
        if ".git" in member.parts:
            yield "git-folder", member.shown, "it is a part of git's own folder; leave it out"
        elif member.parts and member.parts[-1] in NAMES:
            yield "secret-file", member.shown, f"files called {member.parts[-1]} hold secrets; leave it out"
        for rule, line, found in _found(archive, member, patterns, overlap):
            yield rule, f"{member.shown}:{line}", _MESSAGES[rule].format(needles.get(found, ""))


def _found(
    archive: Archive, member: Member, patterns: Mapping[str, re.Pattern[bytes]], overlap: int
) -> Iterator[tuple[str, int, bytes]]:
    """Each pattern's first match in a member: its name, the line, and what matched."""
    left = dict(patterns)
    tail, lines = b"", 1
    for chunk in archive.chunks(member):
        data = tail + chunk
        for rule in [*left]:
            match = left[rule].search(data)
            if match is not None:
                del left[rule]
                yield rule, lines + data.count(b"\n", 0, match.start()), match.group()
        tail = data[-overlap:]
        lines += data.count(b"\n", 0, len(data) - len(tail))
