"""The configuration reference is complete and valid reStructuredText."""

from __future__ import annotations

import tomllib

import docutils.core
import docutils.nodes

from qualitygate.config.raw import CheckTable, ReleaseTable, SoftFailTable, TopLevel
from qualitygate.config.reference import reference


def parsed() -> docutils.nodes.document:
    settings = {"halt_level": 2, "report_level": 2}  # warnings and worse
    tree: docutils.nodes.document = docutils.core.publish_doctree(reference(), settings_overrides=settings)
    return tree


def sections(node: docutils.nodes.Element) -> list[docutils.nodes.section]:
    return [child for child in node.children if isinstance(child, docutils.nodes.section)]


def test_every_key_is_described_in_its_section() -> None:
    keys = [[key.next_node(docutils.nodes.title).astext() for key in sections(part)] for part in sections(parsed())]

    assert keys == [list(kind.__struct_encode_fields__) for kind in (TopLevel, CheckTable, SoftFailTable, ReleaseTable)]


def test_every_example_is_toml() -> None:
    examples = [node.astext() for node in parsed().findall(docutils.nodes.literal_block)]

    kinds = (TopLevel, CheckTable, SoftFailTable, ReleaseTable)
    assert len(examples) == sum(len(kind.__struct_fields__) for kind in kinds)
    assert all(len(tomllib.loads(text)) == 1 for text in examples)


def test_lines_are_short_enough_for_the_documentation() -> None:
    assert max(map(len, reference().splitlines())) <= 100
