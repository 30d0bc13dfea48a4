"""What Typer finds wrong with a line, in our words and without repeating what was typed.

A telephone number with a space in it ends up where no argument is expected; Typer would print it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer

_NEAR = 0.75
"""How near in letters what was typed is to what may have been meant: of 1, the same."""


def explain_usage_error(problem: typer.TyperException) -> tuple[str, str]:
    """A usage error's message and hint."""
    context = getattr(problem, "ctx", None)
    path = context.command_path if context else "callrec"
    meant = _alone(problem) or _meant(problem)
    return _message(problem), f"{meant}{path} --help shows how"


def _message(problem: Any) -> str:
    # By name, since Typer keeps these classes to itself.
    match type(problem).__name__:
        case "NoSuchOption":
            return f"there is no option {problem.option_name}"
        case "MissingParameter":
            return f"{_name(problem.param)} is missing"
        case "BadParameter":
            return f"{_name(problem.param)} cannot be used{_expected(problem)}"
        case _ if "extra argument" in problem.message:
            return "there is more on the line than is expected; what holds spaces needs quotes"
        case _:
            return _in_lower_case(problem.message)


def _meant(problem: Any) -> str:
    possible = getattr(problem, "possibilities", None) or ()
    near = get_close_matches(getattr(problem, "option_name", ""), possible, n=1, cutoff=_NEAR)
    return f"did you mean {near[0]}? " if near else ""


def _alone(problem: Any) -> str:
    """What is said where an option is named as an argument is: ``attach R-1 --recording 52``."""
    if type(problem).__name__ != "NoSuchOption":
        return ""
    arguments = [each for each in problem.ctx.command.params if each.param_type_name != "option"]
    names = [_name(each) for each in arguments]
    option = problem.option_name.removeprefix("--").upper()
    if option not in {name.strip("[]") for name in names}:
        return ""
    return f"give {option} alone: {problem.ctx.command_path} {' '.join(names)}; "


def _name(parameter: Any) -> str:
    names = [name for name in parameter.opts if name.startswith("--")]
    return str(names[0] if names else parameter.display_name_raw.removesuffix("..."))


def _expected(problem: Any) -> str:
    kind = problem.param.type_descriptor
    if kind.is_choice:
        names = problem.param.display_type(problem.ctx).strip("<>").replace("|", ", ")
        return f": one of {names} is expected"
    if kind.annotation is int:
        return f": a whole number from {problem.param.min} to {problem.param.max} is expected"
    return ""


def _in_lower_case(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".").replace("'", "")
