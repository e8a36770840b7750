"""A package index for tests that checks an upload as the public one does, and fails as a script tells it to.

The order of checks and the texts are those of warehouse (`forklift/legacy.py`, `forklift/forms.py`,
`forklift/metadata.py`, `accounts/security_policy.py`, `macaroons/caveats`, `oidc/views.py`, August 2026); addresses in
texts are the test server's own. Stricter than warehouse, on purpose: name and version inside an archive must be those
of the form (warehouse trusts the form), and an sdist that unpacks to more than 256 MiB is refused. More lenient:
classifiers are judged by their first part unless a list is given; no renderer, no malware rules.

    with StrictIndex(tokens=[Token("pypi-secret")], faults=[Answer(status=503)]) as index:
        ... index.upload_url, index.simple_url ...
    assert [attempt.status for attempt in index.posts] == [503, 200]
"""

from __future__ import annotations

from tests.release.strict_index.faults import (
    Answer,
    Drop,
    Echo,
    EveryProject,
    Hang,
    Hostile,
    Moment,
    NoHash,
    OtherBytes,
    Page,
    ReadAnswer,
    ReadDrop,
    ReadHang,
    ReadTruncated,
    Truncated,
    WrongHash,
    Yanked,
    captive_portal,
    garbage_json,
    hostile_entries,
    redirect,
    redirected_reads,
    too_many,
)
from tests.release.strict_index.server import StrictIndex
from tests.release.strict_index.settings import Attempt, Settings, Token

__all__ = [
    "Answer",
    "Attempt",
    "Drop",
    "Echo",
    "EveryProject",
    "Hang",
    "Hostile",
    "Moment",
    "NoHash",
    "OtherBytes",
    "Page",
    "ReadAnswer",
    "ReadDrop",
    "ReadHang",
    "ReadTruncated",
    "Settings",
    "StrictIndex",
    "Token",
    "Truncated",
    "WrongHash",
    "Yanked",
    "captive_portal",
    "garbage_json",
    "hostile_entries",
    "redirect",
    "redirected_reads",
    "too_many",
]
