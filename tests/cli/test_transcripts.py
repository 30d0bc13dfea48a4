"""Each transcript in transcripts/ is played; the runner itself is held to what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.elsewhere import LEFT_OUT, StageElsewhere
from cli.promises import Promise, is_kept, promises
from cli.transcript import Stage, matches, steps

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_transcript(file: Path, stage: Stage) -> None:
    stage.play(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_elsewhere(file: Path, stage_elsewhere: StageElsewhere) -> None:
    """With the catalogue in PostgreSQL the same comes back."""
    text = file.read_text(encoding="utf-8")
    if file.stem in LEFT_OUT:
        text, first, _ = text.partition(LEFT_OUT[file.stem][0])
        assert first
    stage_elsewhere.play(text)


MATCHING = {
    "the same": (["a b"], ["a b"]),
    "within a line": (["id [..] done"], ["id 7f3 done"]),
    "nothing within a line": (["id[..]"], ["id"]),
    "any lines": (["first", "[...]", "last"], ["first", "x", "y", "last"]),
    "no lines": (["first", "[...]", "last"], ["first", "last"]),
    "all lines": (["[...]"], ["x", "y"]),
}

DIFFERENT = {
    "another word": (["a b"], ["a c"]),
    "a line more": (["a"], ["a", "b"]),
    "a line less": (["a", "b"], ["a"]),
    "a pattern over two lines": (["a[..]b"], ["a", "b"]),
    "a dot is a dot": (["a.b"], ["axb"]),
}


@pytest.mark.parametrize(("expected", "actual"), MATCHING.values(), ids=MATCHING)
def test_an_answer_matches(expected: list[str], actual: list[str]) -> None:
    assert matches(expected, actual)


@pytest.mark.parametrize(("expected", "actual"), DIFFERENT.values(), ids=DIFFERENT)
def test_another_answer_does_not_match(expected: list[str], actual: list[str]) -> None:
    assert not matches(expected, actual)


def test_a_step_has_its_lines_without_comments_and_empty_ends() -> None:
    found = list(steps("# why\n$ callrec x\nout\n\n# next\n@as jane\n"))
    assert [(step.number, step.line, step.below) for step in found] == [
        (2, "$ callrec x", ("out",)),
        (6, "@as jane", ()),
    ]


def test_a_wrong_answer_fails_with_its_line_and_the_difference(stage: Stage) -> None:
    with pytest.raises(AssertionError, match=r"line 2: \$ sh echo no\n") as failure:
        stage.play("# claim\n$ sh echo no\nyes\n")
    assert "-yes\n+no" in str(failure.value)


def test_a_missing_exit_status_fails(stage: Stage) -> None:
    with pytest.raises(AssertionError, match=r"\+\[exit 3\]"):
        stage.play("$ sh exit 3\n")


def test_an_unknown_directive_fails(stage: Stage) -> None:
    with pytest.raises(AssertionError, match="what is @clok"):
        stage.play("@clok 2026-01-01T00:00Z\n")


def test_people_have_passwords_that_only_they_can_read(stage: Stage) -> None:
    stage.play(
        "@as jane\n"
        "$ sh echo $CALLREC_USER; cat $CALLREC_PASSWORD_FILE; stat -c %a people/jane.password\n"
        "jane\n"
        "jane walks 7 slow miles by the canal\n"
        "600\n"
        "@as nobody\n"
        "$ sh echo $CALLREC_USER$CALLREC_PASSWORD_FILE.\n"
        ".\n"
    )


def test_a_file_has_the_lines_that_follow(stage: Stage) -> None:
    stage.play("@file a/b.txt\n| one\n|\n|  two\n$ sh cat a/b.txt\none\n\n two\n")


def test_what_was_said_can_be_said_again(stage: Stage) -> None:
    stage.play("$ sh echo two; echo word: blue\n[...]\n@know it word:\n$ sh echo '<it>!'\nblue!\n")
    with pytest.raises(AssertionError, match="nobody said word:"):
        stage.play("$ sh echo one\none\n@know it word:\n")


PROMISED = {
    "to whoever was answered": ("next: callrec inbox", [("dora", "inbox")]),
    "by name, one or the other": (
        "next: sam runs callrec listen R-1, or callrec release R-1",
        [("sam", "listen R-1"), ("sam", "release R-1")],
    ),
    "by role, but not whoever was answered": (
        "next: another partner, manager or Data Controller runs callrec deny R-1",
        [("pat", "deny R-1 --yes"), ("max", "deny R-1 --yes")],
    ),
    "each command to whom it is said": (
        "next: callrec inbox shows it; then a manager, to run callrec request show R-1",
        [("dora", "inbox"), ("max", "request show R-1")],
    ),
    "without a command": ("callrec: hint: give --yes", []),
    "where a command is only spoken of": (
        "callrec: hint: give the folder that was given to callrec archive --to",
        [],
    ),
    "where it is no hint": ("callrec inbox", []),
}


@pytest.mark.parametrize(("answer", "expected"), PROMISED.values(), ids=PROMISED)
def test_a_promise_is_made(answer: str, expected: list[tuple[str, str]]) -> None:
    found = [(each.who, " ".join(each.words)) for each in promises(answer, "dora")]
    assert found == expected


def test_a_promise_is_kept_by_what_works_and_by_nothing_else() -> None:
    promise = Promise("next: callrec approve R-1", "pat", ("approve", "R-1", "--yes"))
    assert is_kept(promise, 0, "R-1 is approved: 1 for sam.\n")
    assert is_kept(promise, 2, "callrec: error: --for is missing\n")
    assert not is_kept(promise, 3, "callrec: error: the role staff may not decide it\n")
    assert not is_kept(promise, 5, "callrec: error: leaf 3 is not the one that was written\n")
