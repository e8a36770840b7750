"""What answers of an index mean: every row of the table of exact replies."""

from __future__ import annotations

import pytest

from qualitygate.release.replies import Meaning, Reply, Trouble, meaning

ROWS = [
    (200, "OK", Meaning.STORED),
    (201, "Created", Meaning.STORED),
    (308, "Permanent Redirect", Meaning.ADDRESS),
    (301, "Moved Permanently", Meaning.ADDRESS),
    (404, "Not Found", Meaning.ADDRESS),
    (405, "Method Not Allowed", Meaning.ADDRESS),
    (410, "Project pre-registration is no longer required or supported", Meaning.ADDRESS),
    (401, "Unauthorized", Meaning.AUTH),
    (403, "Invalid or non-existent authentication information.", Meaning.AUTH),
    (403, "Username/Password authentication is no longer supported.", Meaning.AUTH),
    (403, "The user 'a' isn't allowed to upload to project 'b'.", Meaning.AUTH),
    (403, "Invalid API Token: project-scoped token is not valid for project: 'b'", Meaning.AUTH),
    (403, "Read-only mode: Uploads are temporarily disabled.", Meaning.LATER),
    (403, "New uploads are temporarily disabled.", Meaning.LATER),
    (429, "Too many new projects created", Meaning.LATER),
    (400, "File already exists ('x', with blake2_256 hash '0').", Meaning.EXISTS),
    (400, "Package 'x' already exists! You may start server with --overwrite option.", Meaning.EXISTS),
    (409, "x already exists in non-volatile index", Meaning.EXISTS),
    (400, "This filename was previously used by a file that has since been deleted.", Meaning.CONFLICT),
    (400, "Only one sdist may be uploaded per release.", Meaning.CONFLICT),
    (400, "Uploading new files to releases older than 14 days is not allowed.", Meaning.CONFLICT),
    (400, "Filename 'x' is invalid, should be 'y'.", Meaning.ARTIFACT),
    (400, "The description failed to render for 'text/x-rst'.", Meaning.ARTIFACT),
    (400, "The use of local versions in 'x' is not allowed.", Meaning.ARTIFACT),
    (400, "Invalid distribution file. ZIP archive not accepted", Meaning.ARTIFACT),
    (400, "File too large. Limit for project 'x' is 100 MB.", Meaning.ARTIFACT),
    (413, "Request Entity Too Large", Meaning.ARTIFACT),
    (400, "The digest supplied does not match a digest calculated from the uploaded file.", Meaning.ONCE_MORE),
    (400, "Non-user identities cannot create new projects.", Meaning.AUTH),
    (400, "Organization account owning this project is inactive.", Meaning.AUTH),
    (400, "", Meaning.ARTIFACT),
    (418, "I'm a teapot", Meaning.ARTIFACT),
    (500, "Internal Server Error", Meaning.AGAIN),
    (503, "already exists", Meaning.AGAIN),
    (520, "", Meaning.AGAIN),
    (408, "Request Timeout", Meaning.AGAIN),
]


@pytest.mark.parametrize(("status", "reason", "expected"), ROWS)
def test_an_answer_is_taken_for_what_it_is(status, reason, expected):
    assert meaning(Reply(status, reason)) is expected


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (Trouble.TIMEOUT, Meaning.AGAIN),
        (Trouble.CONNECTION, Meaning.AGAIN),
        (Trouble.CERTIFICATE, Meaning.ADDRESS),
        (Trouble.LOCAL, Meaning.ARTIFACT),
    ],
)
def test_no_answer_is_told_from_a_refusal(trouble, expected):
    assert meaning(Reply(None, "", trouble)) is expected


def test_an_identity_that_is_not_accepted_is_no_fault_of_the_file():
    reply = Reply(None, "TrustedPublishingFailure: The token request failed", Trouble.LOCAL)
    assert meaning(reply) is Meaning.AUTH


@pytest.mark.parametrize("text", ["already exists", "read-only mode", "older than 14 days", "digest supplied does not"])
@pytest.mark.parametrize("status", [401, 404, 500, 502])
def test_a_text_alone_decides_nothing(status, text):
    assert meaning(Reply(status, text)) is meaning(Reply(status, ""))
