"""`files`, `config` and `doctor` as their users see them."""

from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest

CONFIG = """
[tool.qualitygate]
paths = ["src"]
exclude = ["src/gen/"]
checks = ["flake8", "yamllint"]

[tool.qualitygate.flake8]
args = ["--max-line-length=100"]
max-findings = { total = 2, E501 = "any" }

[tool.qualitygate.yamllint]
paths = ["."]
soft-fail = { reason = "old", until = 2030-01-01 }
"""


@pytest.fixture
def project(make_project):
    return make_project(
        {
            "src/a.py": "x = 1\n",
            "src/gen/b.py": "x = 1\n",
            "src/ignored.py": "x = 1\n",
            "c.yaml": "---\na: 1\n",
            ".gitignore": "ignored.py\n",
            "pyproject.toml": CONFIG,
        }
    )


def test_files_prints_what_each_check_would_be_given(project):
    (project.root / "src" / "ignored2.py").write_text("")
    result = project.run("files")
    assert result.code == 0
    assert result.out == "flake8\tsrc/a.py\nflake8\tsrc/ignored2.py\nyamllint\tc.yaml\n"


def test_files_of_one_check_are_bare_and_may_end_with_nul(project):
    assert project.run("files", "--check", "flake8").out == "src/a.py\n"
    assert project.run("files", "--check", "flake8", "-0").out == "src/a.py\0"
    assert project.run("files", "--check", "flak").code == 2


def test_config_show_is_toml_with_origins(project):
    result = project.run("config", "show")
    assert result.code == 0
    shown = tomllib.loads(result.out)
    assert shown["flake8"]["args"] == ["--max-line-length=100"]
    assert shown["flake8"]["max-findings"] == {"total": 2, "E501": "any"}
    assert any("args" in line and "pyproject.toml:8" in line for line in result.out.splitlines())
    assert any("allow-empty" in line and "default" in line for line in result.out.splitlines())


def test_config_verify_accepts_a_right_file_and_names_every_mistake_of_a_wrong_one(project):
    assert project.run("config", "verify").code == 0
    project.write({"pyproject.toml": CONFIG.replace("exclude", "exlude").replace("= 2,", "= -2,")})
    result = project.run("config", "verify")
    assert result.code == 2
    assert "exlude" in result.err and "-2" in result.err


def test_config_verify_asks_the_tools_about_their_arguments_too(project):
    project.write({"pyproject.toml": CONFIG.replace("--max-line-length=100", "--max-line-lenth=100")})
    result = project.run("config", "verify")
    assert result.code == 2
    assert "--max-line-lenth=100" in result.err


@pytest.mark.parametrize(
    ("argument", "cure"),
    [("--exit-zero", "soft-fail"), ("--output-file=x", "--report"), ("src/a.py", "paths"), ("--version", "doctor")],
)
def test_a_refused_argument_is_answered_with_what_to_write_instead(project, argument, cure):
    project.write({"pyproject.toml": CONFIG.replace("--max-line-length=100", argument)})
    result = project.run("check")
    assert result.code == 2
    assert cure in result.err


def test_config_schema_is_a_schema_that_accepts_this_configuration(project):
    schema = json.loads(project.run("config", "schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    table = tomllib.loads(CONFIG)["tool"]["qualitygate"]
    table["yamllint"]["soft-fail"]["until"] = "2030-01-01"
    jsonschema.validate(table, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**table, "exlude": []}, schema)


def test_doctor_tells_tools_files_and_the_cost_of_the_last_run(project):
    before = project.run("doctor")
    assert before.code == 0
    assert "flake8: 1 file, not run yet" in before.out
    project.run("check")
    after = project.run("doctor")
    assert "flake8: 1 file, 0." in after.out
    assert "--max-line-length=100  [pyproject.toml:8]" in after.out
    for tool in ("flake8", "doc8", "yamllint", "bandit", "radon", "xenon"):
        assert f"{tool} " in after.out


def test_doctor_names_what_is_broken_and_exits_with_3(make_project, tmp_path):
    site = tmp_path / "site" / "yamllint"
    site.mkdir(parents=True)
    (site / "__init__.py").write_text("raise ImportError('damaged')\n")
    result = make_project({"a.yaml": "---\na: 1\n"}).run("doctor", PYTHONPATH=str(site.parent))
    assert result.code == 3
    assert "yamllint: BROKEN" in result.out and "damaged" in result.out
