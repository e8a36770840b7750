"""What can go wrong between a release and its index; the tests run every row, and the documentation prints it."""

from __future__ import annotations

import dataclasses

NOTHING, WHEEL, BOTH = "nothing", "the wheel", "both files"
DONE = "0: sends what is missing, verifies"
SAME = "0: sends nothing, verifies"
NEW_VERSION = "4: a new version is needed"


@dataclasses.dataclass(frozen=True)
class Row:
    """One fault."""

    key: str
    """Of its scenario in the tests."""
    fault: str
    step: str
    code: int
    """How the command ends."""
    there: str
    """What is on the index then."""
    then: str
    """What the next run does, once the cause is gone if it can go."""


FAULTS = (
    # The plan: only reads.
    Row("read-503-for-ever", "reading answers 503, again and again", "plan", 6, NOTHING, DONE),
    Row("read-503-twice", "reading answers 503 twice", "plan", 0, BOTH, SAME),
    Row("read-drop", "reading breaks off without an answer, once", "plan", 0, BOTH, SAME),
    Row("read-hang", "reading hangs once", "plan", 0, BOTH, SAME),
    Row("read-truncated", "the page breaks off in the middle, once", "plan", 0, BOTH, SAME),
    Row("read-garbage", "the page is no JSON, again and again", "plan", 6, NOTHING, DONE),
    Row("read-portal", "a login page stands in for the index", "plan", 6, NOTHING, DONE),
    Row("read-moved", "the page is redirected to a place that has none", "plan", 2, NOTHING, DONE),
    Row("read-closed", "reading needs the password", "plan", 0, BOTH, SAME),
    Row("no-hashes", "files are listed without hashes", "plan", 0, BOTH, SAME),
    Row("foreign-project", "the page lists files of another project, too", "plan", 0, BOTH, SAME),
    Row("hostile", "entries with other hosts, `..`, control characters", "plan", 4, NOTHING, DONE),
    Row("other-bytes", "other bytes are there under our name", "plan", 4, "others' wheel", NEW_VERSION),
    Row("other-files", "files of this version that are not ours", "plan", 4, "others' file", NEW_VERSION),
    # The upload.
    Row("token-wrong", "403: the token is not known", "upload", 3, NOTHING, DONE),
    Row("token-scope", "403: the token is for another project", "upload", 3, NOTHING, DONE),
    Row("token-expired", "403: the token has expired", "upload", 3, NOTHING, DONE),
    Row("user-name", "403: a user name and a password", "upload", 3, NOTHING, DONE),
    Row("email", "403: the account has no verified e-mail address", "upload", 3, NOTHING, DONE),
    Row("two-factor", "403: the account has no second factor", "upload", 3, NOTHING, DONE),
    Row("echo", "403 with the token in the answer", "upload", 3, NOTHING, DONE),
    Row("read-only", "403: the index is read-only", "upload", 6, NOTHING, DONE),
    Row("uploads-disabled", "403: new uploads are disabled", "upload", 6, NOTHING, DONE),
    Row("new-projects", "429: too many new projects", "upload", 6, NOTHING, DONE),
    Row("burnt", "400: the name was used and deleted", "upload", 4, NOTHING, NEW_VERSION),
    Row("closed", "400: the release is older than 14 days", "upload", 4, NOTHING, NEW_VERSION),
    Row("taken-unlisted", "400: the name is said to be taken, and is not listed", "upload", 4, NOTHING, DONE),
    Row("raced", "400: the same bytes came there in the meantime", "upload", 0, BOTH, SAME),
    Row("description", "400: the description does not render", "upload", 3, NOTHING, "3: needs another build"),
    Row("digest-once", "400: the digest does not match, once", "upload", 0, BOTH, SAME),
    Row("digest-twice", "400: the digest does not match, twice", "upload", 6, NOTHING, DONE),
    Row("too-large", "413: too large", "upload", 3, NOTHING, DONE),
    Row("moved-301", "301", "upload", 2, NOTHING, DONE),
    Row("moved-302", "302", "upload", 2, NOTHING, DONE),
    Row("moved-307", "307", "upload", 2, NOTHING, DONE),
    Row("moved-308", "308", "upload", 2, NOTHING, DONE),
    Row("not-found", "404", "upload", 2, NOTHING, DONE),
    Row("method", "405", "upload", 2, NOTHING, DONE),
    Row("gone", "410", "upload", 2, NOTHING, DONE),
    Row("502-then-200", "502, then well", "upload", 0, BOTH, SAME),
    Row("503-for-ever", "503, again and again", "upload", 6, NOTHING, DONE),
    Row("503-stored", "503 although it was stored", "upload", 0, BOTH, SAME),
    Row("520-stored", "520 although it was stored", "upload", 0, BOTH, SAME),
    Row("drop-during", "the connection breaks while the file is sent", "upload", 0, BOTH, SAME),
    Row("drop-before", "the connection breaks before it is stored", "upload", 0, BOTH, SAME),
    Row("drop-after", "the connection breaks after it was stored", "upload", 0, BOTH, SAME),
    Row("drop-for-ever", "the connection breaks every time", "upload", 6, NOTHING, DONE),
    Row("hang-before", "no answer, and it is not stored", "upload", 0, BOTH, SAME),
    Row("hang-after", "no answer, and it is stored", "upload", 0, BOTH, SAME),
    Row("truncated", "the answer breaks off", "upload", 0, BOTH, SAME),
    Row("second-503", "the second file: 503, again and again", "upload", 6, WHEEL, DONE),
    Row("second-refused", "the second file: 403", "upload", 3, WHEEL, DONE),
    Row("second-blind", "the second file: 503, and reading fails, too", "upload", 6, WHEEL, DONE),
    # The verification.
    Row("stale-briefly", "the index lists the files late", "verify", 0, BOTH, SAME),
    Row("stale-long", "the index does not list the files in time", "verify", 5, BOTH, SAME),
    Row("verify-503", "reading answers 503 after the upload", "verify", 5, BOTH, SAME),
    Row("wrong-hash", "the index lists another hash", "verify", 4, BOTH, SAME),
    Row("wrong-bytes", "the index serves other bytes", "verify", 4, BOTH, SAME),
    Row("file-404", "the index lists a file and does not serve it", "verify", 5, BOTH, SAME),
)
