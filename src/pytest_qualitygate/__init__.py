"""`pytest --qualitygate`: the verdict of `qualitygate check` as test items, one for each check.

This module is loaded in every pytest run of everybody who has the package installed, so it only declares options; the
rest is imported when the gate is on. The whole plug-in is a client of the command and does not import it, so that it
works the same with a command that is installed elsewhere, and in a project that has a package called `qualitygate`.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and ini keys."""
    group = parser.getgroup("qualitygate", "quality gate (qualitygate)")
    add = group.addoption
    add("--qualitygate", action="store_true", default=None, help="run the quality gate, one item per check")
    add("--no-qualitygate", action="store_true", help="do not run it, whatever the ini file or --qualitygate says")
    add("--qualitygate-only", action="store_true", help="run the quality gate and collect no tests")
    add(
        "--qualitygate-check",
        action="append",
        default=[],
        metavar="CHECK",
        help="only this check of the gate (repeatable)",
    )
    add("--qualitygate-config", metavar="FILE", help="configuration file of the gate, as `qualitygate check --config`")
    add(
        "--qualitygate-report",
        action="append",
        default=[],
        metavar="FORMAT=FILE",
        help="write a report, as `qualitygate check --report` (repeatable)",
    )
    parser.addini("qualitygate", "whether to run the quality gate", type="bool", default=False)
    parser.addini("qualitygate_checks", "only these checks of the gate", type="args", default=[])
    parser.addini("qualitygate_config", "configuration file of the gate, from the root", type="string", default="")
    parser.addini(
        "qualitygate_command", "command line of an installation of qualitygate to run", type="args", default=[]
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the gate if it is asked for.

    Raises:

        pytest.UsageError: An option or the gate's configuration is wrong.
    """
    config.addinivalue_line("markers", "qualitygate: a check of the quality gate.")
    option = config.option
    asked = option.qualitygate or option.qualitygate_only or config.getini("qualitygate")
    if not asked or option.no_qualitygate or option.help or option.version:
        return
    from pytest_qualitygate.session import Gate

    config.pluginmanager.register(Gate(config), "qualitygate-session")
