"""Arguments that a tool's parser refuses, and what the user is told to write instead."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from qualitygate.adapters import _tool
from qualitygate.errors import ConfigError
from qualitygate.plugin import Argument, Request, honoured

OPTIONS: dict[str, Argument] = {
    "--max-line-length": honoured(),
    "--min": honoured(),
    "--recursive": honoured(),
    "--help": honoured(),
    "paths": honoured(),
}


def refusal(*args: str, subcommands: tuple[str, ...] = ()) -> ConfigError:
    """What is said of *args* for a tool with a few options, run on the path `src`."""
    parser = argparse.ArgumentParser(prog="tool")
    parser.add_argument("--max-line-length", type=int)
    parser.add_argument("--min")
    parser.add_argument("-r", "--recursive", action="store_true")
    parser.add_argument("paths", nargs="*")
    request = Request(check="check", root="/", paths=("src",), args=args)

    def on_parsed(namespace: argparse.Namespace) -> None:
        _tool.refuse_paths(namespace.paths, request, "put paths into `paths`", subcommands)

    with pytest.raises(ConfigError) as caught, _tool.classified(OPTIONS, "check", on_parsed):
        parser.parse_args([*request.args, *request.paths])
    return caught.value


@pytest.mark.parametrize("args", [("--max-line-lenght=120",), ("--max-line-lenght", "120"), ("--max-lin-lengt=1",)])
def test_a_slip_of_an_option_is_told_with_the_option_that_was_meant(args: tuple[str, ...]) -> None:
    error = refusal(*args)

    option = args[0] if "=" in args[0] else "--max-line-lenght"
    assert error.headline == f"check check: tool refuses its arguments: unrecognized arguments: {option}"
    assert error.hint == "did you mean `--max-line-length`?"


def test_every_slip_is_told() -> None:
    assert refusal("--mni=3", "--recursiv3").hint == "did you mean `--min` and `--recursive`?"


def test_an_option_that_is_like_no_other_is_told_without_a_guess() -> None:
    error = refusal("--multi")

    assert error.headline.endswith("unrecognized arguments: --multi")
    assert error.hint == ""


def test_an_option_that_is_right_is_never_called_a_slip() -> None:
    assert refusal("--max-line", "wide").hint == ""


def test_an_option_and_its_value_in_one_string_are_to_be_written_as_two() -> None:
    assert refusal("--max-line-length 120").headline == (
        "check check: --max-line-length 120 in args is an option and its value in one string: "
        'write "--max-line-length", "120", or "--max-line-length=120"'
    )
    assert refusal("-r src").hint == '-r src is an option and its value in one string: write "-r", "src"'


@pytest.mark.parametrize("word", ["tool", "cc", "cc -s"])
def test_a_word_of_the_command_is_to_be_left_out(word: str) -> None:
    assert refusal(word, subcommands=("tool", "cc", "mi")).headline == (
        f"check check: {word} in args is part of the command, which qualitygate adds itself: leave it out"
    )
    assert "is a path" in refusal(word).headline


def test_a_configuration_file_that_does_not_exist_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()

    def said(name: str) -> str:
        with pytest.raises(ConfigError) as caught:
            _tool.require_inside(str(tmp_path), str(tmp_path / name), "check", "--config", must_exist=True)
        return caught.value.headline.replace(f"{tmp_path}/", "")

    assert said("gone") == "check check: --config names gone, which does not exist"
    assert said("folder") == "check check: --config names folder, which is not a file"
    assert said("../x").endswith("which is outside of the project root")
    assert _tool.require_inside(str(tmp_path), str(tmp_path / "file"), "c", "--config", must_exist=True) == "file"
