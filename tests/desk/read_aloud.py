"""A page as a screen reader goes through it: the browser's own accessibility tree, as text.

One line for each heading, paragraph, entry of a list, row of a table, field and button. A line has
the role, the name, what stands in it after ``=``, its state, and after ``~`` its description: the
hint, and the error at a field. ``[…]`` is a link, ``*`` a heading of a table. What a label, a
legend or a caption says is said as the name of what it belongs to, what a hint says as a
description, and neither once more; where it belongs to nothing, the name is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playwright.sync_api import Page

Node = Mapping[str, Any]

_SAID_AS_A_NAME = frozenset({"LabelText", "Legend", "caption"})

_SILENT = frozenset({"ListMarker", "InlineTextBox"})

_PASSED_THROUGH = frozenset({"generic", "rowgroup", "Pre", "strong", "code", "emphasis"})

_WITHIN_A_LINE = frozenset({"StaticText", "link"})

_FIELDS = frozenset({"textbox", "combobox", "checkbox", "radio", "slider"})

_LEAVES = _FIELDS | {"heading", "button", "DisclosureTriangle"}

_BEGINS_WITH = {"paragraph": "", "listitem": "- ", "term": "term: ", "definition": "  is "}

_HEADINGS = frozenset({"columnheader", "rowheader"})

_STATES = ("focused", "required", "invalid", "checked", "disabled")


def read_aloud(page: Page) -> list[str]:
    """The title of a page and its lines, indented by what they are in."""
    session = page.context.new_cdp_session(page)
    tree = _Tree(session.send("Accessibility.getFullAXTree")["nodes"])
    session.detach()
    return [f"title: {page.title()}", *tree.lines(tree.root, "")]


class _Tree:
    """The nodes of a page."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._by_id = {node["nodeId"]: node for node in nodes}
        self._describe = {
            described["backendDOMNodeId"]
            for node in nodes
            for each in node.get("properties", ())
            if each["name"] == "describedby"
            for described in each["value"]["relatedNodes"]
            if _role(node) in _FIELDS | {"group"}
        }
        self.root = nodes[0]

    def lines(self, node: Node, indent: str) -> Iterator[str]:
        """What is in a node."""
        line = list[str]()
        for child in self._below(node):
            if _role(child) in _WITHIN_A_LINE:
                line.append(f"[{_name(child)}]" if _role(child) == "link" else _name(child))
                continue
            if line:
                yield indent + " ".join(line)
                line = []
            if _role(child) != "LineBreak":
                yield from self._block(child, indent)
        if line:
            yield indent + " ".join(line)

    def _below(self, node: Node) -> Iterator[Node]:
        for number in node.get("childIds", ()):
            child = self._by_id.get(number)
            if child is None or self._is_said_elsewhere(child):
                continue
            if child.get("ignored") or _role(child) in _PASSED_THROUGH:
                yield from self._below(child)
            elif _role(child) not in _SILENT | _SAID_AS_A_NAME:
                yield child

    def _is_said_elsewhere(self, node: Node) -> bool:
        return _role(node) == "paragraph" and node.get("backendDOMNodeId") in self._describe

    def _block(self, node: Node, indent: str) -> Iterator[str]:
        role = _role(node)
        if role == "row":
            yield f"{indent}row: {' | '.join(map(self._cell, self._below(node)))}"
        elif role in _BEGINS_WITH:
            yield f"{indent}{_BEGINS_WITH[role]}{'; '.join(self.lines(node, ''))}"
        else:
            yield indent + _spoken(node)
            if role not in _LEAVES:
                yield from self.lines(node, f"{indent}  ")

    def _cell(self, node: Node) -> str:
        order = _properties(node).get("sort", "none")
        said = "; ".join(self.lines(node, "")) + ("" if order == "none" else f", {order}")
        return f"*{said}" if _role(node) in _HEADINGS else said


def _spoken(node: Node) -> str:
    """What is said as one comes to it."""
    found = _properties(node)
    said = f"{_role(node)} {found['level']}" if _role(node) == "heading" else _role(node)
    if name := _name(node):
        said += f": {name}"
    if (value := node.get("value", {}).get("value", "")) != "":
        said += f" = {value}"
    states = [each for each in _STATES if found.get(each) in (True, "true")]
    if "expanded" in found and _role(node) != "combobox":
        states.append("open" if found["expanded"] else "closed")
    said += "".join(f", {each}" for each in states)
    described = node.get("description", {}).get("value", "")
    return f"{said} ~ {described}" if described else said


def _role(node: Node) -> str:
    return str(node.get("role", {}).get("value", ""))


def _name(node: Node) -> str:
    return " ".join(str(node.get("name", {}).get("value", "")).split())


def _properties(node: Node) -> dict[str, Any]:
    return {each["name"]: each["value"].get("value") for each in node.get("properties", ())}
