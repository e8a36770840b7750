"""What is done with a file depends on nothing but its bytes and those of the index."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qualitygate.release.planning import Step, is_of_release, plan

FILES = {"qg_demo-1.0.tar.gz": "aa", "qg_demo-1.0-py3-none-any.whl": "bb"}


def steps(listed):
    return {file.name: file.step for file in plan(FILES, "qg-demo", "1.0", listed).files}


def test_an_unknown_project_is_new_and_gets_everything():
    made = plan(FILES, "qg-demo", "1.0", None)
    assert made.new_project and set(steps(None).values()) == {Step.UPLOAD}


def test_a_known_project_without_this_version_is_not_new():
    made = plan(FILES, "qg-demo", "1.0", {"qg_demo-0.9.tar.gz": "cc"})
    assert not made.new_project and not made.foreign and len(made.uploads) == 2


def test_the_sdist_goes_last():
    ordered = [file.name for file in plan(FILES, "qg-demo", "1.0", {}).files]
    assert ordered == ["qg_demo-1.0-py3-none-any.whl", "qg_demo-1.0.tar.gz"]


def test_what_is_there_with_the_same_bytes_is_not_sent():
    assert steps({"qg_demo-1.0.tar.gz": "aa"}) == {
        "qg_demo-1.0.tar.gz": Step.PRESENT, "qg_demo-1.0-py3-none-any.whl": Step.UPLOAD,
    }


def test_other_bytes_are_a_conflict():
    made = plan(FILES, "qg-demo", "1.0", {"qg_demo-1.0.tar.gz": "zz"})
    assert [(file.name, file.there) for file in made.conflicts] == [("qg_demo-1.0.tar.gz", "zz")]


def test_a_file_of_this_version_that_is_not_ours_is_told():
    listed = {"qg_demo-1.0-py2-none-any.whl": "x", "qg_demo-1.0.post1.tar.gz": "y", "qg_demo-2.0.tar.gz": "z"}
    assert plan(FILES, "qg-demo", "1.0", listed).foreign == ("qg_demo-1.0-py2-none-any.whl",)


def test_versions_are_compared_as_versions():
    assert is_of_release("qg_demo-1.0.0.tar.gz", "qg-demo", "1.0")
    assert not is_of_release("qg_demo-1.0.1.tar.gz", "qg-demo", "1.0")
    assert not is_of_release("no version here.zip", "qg-demo", "1.0")


def test_files_of_another_project_are_not_of_this_release():
    assert plan(FILES, "qg-demo", "1.0", {"other-1.0.tar.gz": "x", "qg-1.0-py3-none-any.whl": "y"}).foreign == ()


hashes = st.sampled_from(["aa", "bb", "cc"])
names = st.sampled_from([*FILES, "qg_demo-1.0-py2-none-any.whl", "other.txt", "qg_demo-2.0.tar.gz"])


@given(st.dictionaries(names, hashes))
def test_nothing_is_ever_sent_over_a_name_that_is_taken(listed):
    made = plan(FILES, "qg-demo", "1.0", listed)
    assert {file.name for file in made.files} == set(FILES)
    for file in made.files:
        assert (file.step is Step.UPLOAD) == (file.name not in listed)
        assert (file.step is Step.PRESENT) == (listed.get(file.name) == FILES[file.name])
