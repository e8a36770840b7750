"""The JSON Schema of the configuration, for editors and validators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from qualitygate.config.raw import CheckTable, TopLevel
from qualitygate.config.values import CHECK_NAME

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(tool_names: Iterable[str]) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the `[tool.qualitygate]` table, which is the whole of a `qualitygate.toml`.

    It knows structure and types. What depends on several keys, on the tools or on the installed version, the loader
    checks. Dates are strings of the format `date`, as JSON has no other.

    Args:

        tool_names: The tools that a check may use.
    """
    tools = list(tool_names)
    _, components = msgspec.json.schema_components([TopLevel, CheckTable], ref_template="#/$defs/{name}")
    definitions: dict[str, Any] = msgspec.to_builtins(components)
    top = definitions.pop(TopLevel.__name__)
    check = {"$ref": f"#/$defs/{CheckTable.__name__}"}
    definitions[CheckTable.__name__]["properties"]["tool"]["enum"] = tools
    return {
        "$schema": _DIALECT,
        "title": "Configuration of qualitygate",
        "description": top["description"],
        "type": "object",
        "properties": top["properties"] | {tool: check | {"title": f"The check `{tool}`"} for tool in tools},
        "propertyNames": {"pattern": f"^{CHECK_NAME}$"},
        "additionalProperties": check | {"title": "A check of another name", "required": ["tool"]},
        "$defs": definitions,
    }
