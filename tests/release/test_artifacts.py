"""Files that are not fit to be published are told, and sound ones are not."""

from __future__ import annotations

import base64
import io
import tarfile
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.release.artifacts import flaws, read_artifact, sdist_differences
from tests.release.strict_index.samples import sample_sdist, sample_wheel, tarred, zipped

SECRET = "s3cr3t/token+with=odd&chars"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx4UbaDzY5xjW6hc9jwN0mX33XpTDVW\n-----END RSA PRIVATE KEY-----\n"
NEW = {"metadata_version": "2.4"}


def stored(folder: Path, *files: tuple[str, bytes]):
    folder.mkdir(exist_ok=True)
    for name, data in files:
        (folder / name).write_bytes(data)
    return [read_artifact(folder / name) for name, _ in files]


def rules(folder: Path, *files: tuple[str, bytes], public: bool = True, **more) -> list[str]:
    given = {"secrets": {"PYPI_TEST_PASSWORD": SECRET}, "kinds": frozenset(), **more}
    found = flaws(stored(folder, *files), public=public, **given)
    assert all(flaw.message and SECRET not in flaw.message for flaw in found)
    return [flaw.rule for flaw in found]


def test_a_sound_release_has_no_flaw(tmp_path):
    kinds = frozenset({"sdist", "wheel"})
    assert rules(tmp_path, sample_wheel(**NEW), sample_sdist(**NEW), kinds=kinds) == []


def test_what_a_file_is_is_read_from_inside(tmp_path):
    (artifact,) = stored(tmp_path, sample_wheel("QG.Demo--Pkg", "1.0", headers=[("Requires-Python", ">=3.9")]))
    assert (artifact.project, artifact.normalized, artifact.version) == ("QG.Demo--Pkg", "qg-demo-pkg", "1.0")
    assert (artifact.kind, artifact.requires_python) == ("wheel", ">=3.9")
    assert len(artifact.sha256) == len(artifact.blake2_256) == 64


@pytest.mark.parametrize(
    "name",
    ["demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl", "demo-1.0.zip", "demo-1.0.tar.bz2", "demo.egg", "demo"],
)
@pytest.mark.parametrize(
    "data", [b"", b"x", b"PK\x03\x04", b"\x1f\x8b\x08\x00", zipped({"a": b"b"}), tarred({"a": b"b"})]
)
def test_what_is_no_distribution_is_refused_with_a_sentence(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ReleaseError) as caught:
        read_artifact(tmp_path / name)
    assert caught.value.code is ReleaseCode.REFUSED and name in caught.value.headline


@pytest.mark.parametrize("make", [sample_wheel, sample_sdist])
def test_an_archive_that_is_cut_anywhere_is_refused_or_has_flaws(tmp_path, make):
    name, data = make(**NEW)
    for end in range(1, len(data), 37):
        (tmp_path / name).write_bytes(data[:end])
        try:
            artifact = read_artifact(tmp_path / name)
        except ReleaseError as error:
            assert error.code is ReleaseCode.REFUSED
        else:
            assert flaws([artifact], public=True, secrets={}, kinds=frozenset())


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([sample_wheel(inner_version="1.1", **NEW), sample_sdist(**NEW)], {"other-version", "file-name"}),
        ([sample_wheel("other", **NEW), sample_sdist(**NEW)], {"other-project"}),
        ([sample_wheel(version="1.0+local", **NEW)], {"local-version"}),
        ([sample_wheel(metadata_version="9.9")], {"metadata-version"}),
        ([sample_wheel(tag="cp311-cp311-linux_x86_64", **NEW)], {"platform"}),
        ([sample_wheel(headers=[("Classifier", "Private :: Do Not Upload")], **NEW)], {"private"}),
        ([sample_wheel("QG.Demo", filename="QG.Demo-1.0-py3-none-any.whl", **NEW)], {"file-name"}),
        ([sample_wheel(without=["WHEEL"], **NEW)], {"wheel"}),
        ([sample_wheel(without=["RECORD"], **NEW)], {"record"}),
        ([sample_wheel(extra={"tests/__init__.py": b""}, **NEW)], {"top-level"}),
        ([sample_wheel(extra={"demo/__pycache__/a.cpython-311.pyc": b""}, **NEW)], {"compiled"}),
        ([sample_wheel(headers=[("License-File", "LICENSE")], **NEW)], {"license-file"}),
        ([sample_wheel(extra={"demo/.env": b"A=1\n"}, **NEW)], {"secret-file"}),
        ([sample_wheel(extra={"demo/.git/config": b""}, **NEW)], {"git-folder"}),
        ([sample_wheel(extra={"demo/key.pem": KEY.encode()}, **NEW)], {"private-key"}),
        ([sample_wheel(extra={"demo/t": b"pypi-" + b"A" * 100}, **NEW)], {"token"}),
        ([sample_wheel(extra={"demo/t": SECRET.encode()}, **NEW)], {"secret"}),
        ([sample_wheel(extra={"demo/t": quote(SECRET, safe="").encode()}, **NEW)], {"secret"}),
    ],
)
def test_each_flaw_is_told(tmp_path, files, expected):
    assert set(rules(tmp_path, *files)) == expected


def test_what_only_the_public_index_refuses_may_go_elsewhere(tmp_path):
    private = sample_wheel(tag="cp311-cp311-linux_x86_64", headers=[("Classifier", "Private :: Do Not Upload")], **NEW)
    assert rules(tmp_path, private, public=False) == []


@pytest.mark.parametrize(
    "text",
    [
        b"/secrets/settings.py",
        b"HEADER = '-----BEGIN PRIVATE KEY-----'\n",
        b"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0B\n",
        b"-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n",
        b"pypi-AgEIcHlwaS5vcmc in a text",
        b"my.env\n",
    ],
)
def test_what_speaks_of_secrets_is_none(tmp_path, text):
    assert rules(tmp_path, sample_wheel(extra={"demo/secrets/env.txt": text}, **NEW)) == []


def test_a_project_may_name_keys_that_are_none_but_never_a_credential(tmp_path):
    wheel = sample_wheel(extra={"demo/tests/a.key": KEY.encode(), "demo/tests/b.key": SECRET.encode()}, **NEW)
    assert rules(tmp_path, wheel, not_secret=["demo/tests/*.key"]) == ["secret"]


@given(st.integers(0, 3 * 2**20), st.sampled_from(["plain", "base64"]), st.binary(max_size=2))
def test_a_secret_is_found_wherever_it_is(tmp_path_factory, position, form, before):
    data = SECRET.encode() if form == "plain" else base64.b64encode(before + SECRET.encode() + b"!")
    wheel = sample_wheel(extra={"demo/data.bin": b"\n" * position + data}, **NEW)
    assert rules(tmp_path_factory.mktemp("wheel"), wheel) == ["secret"]


def test_the_line_of_a_secret_is_told(tmp_path):
    artifacts = stored(tmp_path, sample_wheel(extra={"demo/a.txt": b"x\n" * 700_000 + SECRET.encode()}, **NEW))
    (flaw,) = flaws(artifacts, public=True, secrets={"PYPI_TEST_PASSWORD": SECRET}, kinds=frozenset())
    assert flaw.place == "demo/a.txt:700001" and "PYPI_TEST_PASSWORD" in flaw.message


def rewritten(wheel: tuple[str, bytes], name: str, change) -> tuple[str, bytes]:
    """A wheel with one member changed, and RECORD as it was."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(wheel[1])) as source, zipfile.ZipFile(target, "w") as result:
        for info in source.infolist():
            data = source.read(info)
            result.writestr(info, change(data) if info.filename == name else data)
    return wheel[0], target.getvalue()


@given(st.data())
def test_any_change_of_a_byte_of_a_member_is_caught_by_the_record(tmp_path_factory, data):
    wheel = sample_wheel(**NEW)
    name = data.draw(st.sampled_from(["demo/__init__.py", "demo-1.0.dist-info/WHEEL"]))

    def change(content: bytes) -> bytes:
        changed = bytearray(content)
        changed[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        return bytes(changed)

    assert "record-hash" in rules(tmp_path_factory.mktemp("wheel"), rewritten(wheel, name, change))


def tar(*members: tuple[str, bytes | str]) -> bytes:
    """An archive like an sdist's; text in place of bytes makes a link to it."""
    target = io.BytesIO()
    inside = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, content in (("demo-1.0/PKG-INFO", inside), *members):
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                archive.addfile(member)
            else:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


@pytest.mark.parametrize(
    ("members", "rule"),
    [
        ([("demo-1.0/../evil.py", b"")], "path"),
        ([("demo-1.0/a", "/etc/passwd")], "link"),
        ([("demo-1.0/a", "../../etc/passwd")], "link"),
        ([("demo-1.0/a", b"1"), ("demo-1.0/a", b"2")], "duplicate"),
        ([("demo-1.0/.pypirc", b"")], "secret-file"),
    ],
)
def test_members_that_lead_elsewhere_are_told(tmp_path, members, rule):
    assert rule in rules(tmp_path, ("demo-1.0.tar.gz", tar(*members)))


def test_a_link_inside_of_the_sdist_is_well(tmp_path):
    assert rules(tmp_path, ("demo-1.0.tar.gz", tar(("demo-1.0/docs/a", "../PKG-INFO")))) == []


def test_a_bomb_is_not_unpacked(tmp_path):
    members = {"demo-1.0.dist-info/METADATA": b"Name: demo\n", "demo/zero": bytes(100 * 2**20)}
    bomb = zipped(members, zipfile.ZIP_DEFLATED)
    (tmp_path / "demo-1.0-py3-none-any.whl").write_bytes(bomb)
    with pytest.raises(ReleaseError, match="too much"):
        read_artifact(tmp_path / "demo-1.0-py3-none-any.whl")


def test_an_sdist_is_compared_with_what_git_tracks(tmp_path):
    sdist = ("demo-1.0.tar.gz", tar(("demo-1.0/a.py", b""), ("demo-1.0/extra.py", b""), ("demo-1.0/x.egg-info/y", b"")))
    (artifact,) = stored(tmp_path, sdist)
    assert sdist_differences(artifact, frozenset({"a.py", "missing.py"})) == ({"missing.py"}, {"extra.py"})
