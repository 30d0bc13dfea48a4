"""ingest --learn: how a folder's recordings are named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from callrec.cli.commands.calls.ingest_view import preview_lines
from callrec.cli.invocation import Invocation, practice_of, signing_person
from callrec.cli.layout import Table
from callrec.errors import Unusable
from callrec.views.words import counted

if TYPE_CHECKING:
    from callrec.intake.learning import LearnedFolder
    from callrec.intake.preview import Preview
    from callrec.office.settings import ProposedSettings

_MOST_SHAPES: Final = 20
"""Shown; ``--json`` has all."""


def learn(invocation: Invocation, paths: Sequence[Path], others: Sequence[str]) -> None:
    """Show what the names could be read by, and put that into the settings if the person agrees.

    ``others``: what was typed and does not go with it.
    """
    from callrec.intake.learning import learn_folders, preview_shape
    from callrec.intake.sources import check_paths

    if others:
        hint = "it only looks at names; take the recordings in afterwards"
        raise Unusable(f"--learn does not go with {others[0]}", hint=hint)
    check_paths(paths, invocation.config.vault)
    settings = invocation.settings
    learned = learn_folders(paths, settings, invocation.today())
    pairs = list(zip(learned.shapes, learned.templates, strict=True))
    read = [
        preview_shape(shape, template, settings) if template else [] for shape, template in pairs
    ]
    values = [
        {
            "shape": shape.shape,
            "files": len(shape.files),
            "remarks": shape.remarks,
            "template": template,
            "read": [each.as_json() for each in previews],
        }
        for (shape, template), previews in zip(pairs, read, strict=True)
    ]
    out = invocation.out
    out.show_items(values, _words(learned, read, out.columns), known=learned.known)
    if templates := [template for template in learned.templates if template]:
        _propose(invocation, templates)


def _words(
    learned: LearnedFolder, read: Sequence[Sequence[Preview]], columns: int
) -> Iterator[str | Table]:
    from callrec.system.toml import toml_lines

    if learned.known or not learned.shapes:
        yield f"{counted(learned.known, 'name is', 'names are')} read already."
    for shape, template, previews in zip(
        learned.shapes[:_MOST_SHAPES], learned.templates, read, strict=False
    ):
        yield ""
        yield f"{counted(len(shape.files), 'name')} like {shape.shape}"
        yield from (f"  {remark}" for remark in shape.remarks)
        if template is None:
            yield "  there is neither a date nor an id in them: nothing is proposed"
            continue
        yield from preview_lines(previews, columns)
        yield from ("", "[[telephone.template]]", *toml_lines(template))
    if more := len(learned.shapes) - _MOST_SHAPES:
        yield from (f"and {counted(more, 'shape')} more",) if more > 0 else ()


def _propose(invocation: Invocation, templates: Sequence[dict[str, Any]]) -> None:
    from callrec.catalogue.engine import has_catalogue
    from callrec.intake.learning import with_templates

    what = counted(len(templates), "template")
    question = f"Put {what} into the practice's settings? The Data Controller signs this."
    has_vault = has_catalogue(invocation.config.vault, invocation.config.catalogue)
    if not (has_vault and invocation.prompts.possible and invocation.prompts.agree(question)):
        invocation.out.next_step(
            "put what is right of it into a file, which the Data Controller applies:"
            " callrec practice settings apply FILE"
        )
        return
    from callrec.office.settings import apply_settings

    practice = practice_of(invocation)
    actor = signing_person(invocation, practice)

    def agree(proposed: ProposedSettings) -> None:
        for change in proposed.changes:
            invocation.out.note(change.words)

    applied = apply_settings(practice, actor, with_templates(practice.settings, templates), agree)
    if applied is not None:
        invocation.out.note(
            f"Version {applied.version} is in force, which is entry {applied.entry}."
        )
