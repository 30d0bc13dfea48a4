"""Learn how a folder's recordings are named; no vault is needed and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from callrec.dataclass import dataclass, replace
from callrec.intake.preview import Preview, preview_names
from callrec.intake.reading import modified_at, telephone_setup
from callrec.intake.sources import Source, find_sources
from callrec.settings import Settings
from callrec.telephone.call import System
from callrec.telephone.learning import LearnedShape, NamedFile, learn_shapes
from callrec.telephone.number import extension_ranges
from callrec.telephone.reading import read_id, read_name, sidecar_for

_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class LearnedFolder:
    """What was learnt of some folders."""

    known: int
    """Files whose name, or description, is read already."""
    shapes: tuple[LearnedShape, ...]
    """That of the most files first."""
    templates: tuple[dict[str, Any] | None, ...]
    """For each shape, as the settings have it; None: nothing in it can be told."""


def learn_folders(paths: Iterable[Path], settings: Settings, today: date) -> LearnedFolder:
    """What the names in some folders could be read by, where nothing reads them yet."""
    setup, named, known = telephone_setup(settings), list[NamedFile](), 0
    for found in find_sources(paths):
        if not isinstance(found, Source):
            continue
        if read_name(found.path, setup) or read_id(found.path, setup) or sidecar_for(found.path):
            known += 1
        else:
            modified = modified_at(found.mark).astimezone(settings.time_zone).date()
            named.append(NamedFile(found.path, modified))
    extensions = extension_ranges(settings.telephone.extensions)
    shapes = tuple(learn_shapes(named, extensions, today))
    return LearnedFolder(known, shapes, _named(shapes, settings))


def _named(shapes: Sequence[LearnedShape], settings: Settings) -> tuple[dict[str, Any] | None, ...]:
    taken = {template.name for template in settings.telephone.template}
    free = (f"learned-{number}" for number in range(1, len(taken) + len(shapes) + 1))
    names = (name for name in free if name not in taken)
    return tuple(shape.template and {"name": next(names), **shape.template} for shape in shapes)


def with_templates(settings: Settings, templates: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What a settings file would say to have these templates, too."""
    now = settings.as_toml()["telephone"].get("template", ())
    return {"telephone": {"template": [*now, *templates]}}


def preview_shape(
    shape: LearnedShape, template: dict[str, Any], settings: Settings
) -> list[Preview]:
    """How the first twenty names of a shape would be read by its template alone."""
    values = {"telephone": {"template": [template]}}
    setup = telephone_setup(settings.changed_by(values, Path("it")))
    names = [str(file.path) for file in shape.files[:_SHOWN]]
    return list(preview_names(names, replace(setup, system=System.TEMPLATE)))
