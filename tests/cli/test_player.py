"""Players are real programs here: two lines of shell that keep what they are given."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from callrec.cli.playing import find_player, play
from callrec.errors import Failed, Misconfigured, Tampered

PIECES = [b"RIFF", bytes(200_000), b"end"]


def a_program(folder: Path, name: str, line: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o700)
    return path


def keeps(folder: Path, name: str) -> Path:
    """A player that keeps what it hears, and how it was called, in files named after it."""
    heard = shlex.quote(str(folder / f"{name}.heard"))
    said = shlex.quote(str(folder / f"{name}.said"))
    return a_program(folder, name, f'echo "$@" > {said}; /bin/cat > {heard}')


def test_a_player_hears_everything_on_its_standard_input(tmp_path: Path) -> None:
    assert play([str(keeps(tmp_path, "player")), "-"], PIECES)
    assert (tmp_path / "player.heard").read_bytes() == b"".join(PIECES)
    assert (tmp_path / "player.said").read_text() == "-\n"


@pytest.mark.parametrize(
    ("installed", "kind", "chosen"),
    [
        (["paplay", "aplay", "ffplay"], "wav", "paplay"),
        (["aplay", "mpv"], "wav", "aplay"),
        (["cvlc", "mpv"], "wav", "mpv"),
        (["paplay", "aplay", "ffplay"], "mp3", "ffplay"),
        (["aplay", "cvlc"], "ogg", "cvlc"),
    ],
)
def test_the_first_player_that_plays_such_a_file_is_found(
    tmp_path: Path, installed: list[str], kind: str, chosen: str
) -> None:
    for name in installed:
        keeps(tmp_path, name)
    play(find_player((), kind, {"PATH": str(tmp_path)}).command, PIECES)
    assert [path.stem for path in tmp_path.glob("*.heard")] == [chosen]


def test_the_player_of_the_configuration_goes_before_any_other(tmp_path: Path) -> None:
    keeps(tmp_path, "paplay")
    own = keeps(tmp_path, "own")
    play(find_player((str(own), "--loud"), "wav", {"PATH": str(tmp_path)}).command, PIECES)
    assert [path.stem for path in tmp_path.glob("*.heard")] == ["own"]
    assert (tmp_path / "own.said").read_text() == "--loud\n"


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_without_a_player_the_key_to_set_is_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(Misconfigured, match=f"no player for {kind}") as caught:
        find_player((), kind, {"PATH": str(tmp_path)})
    assert "player under [listen]" in caught.value.hint


def test_what_plays_wave_files_alone_is_no_player_for_another_kind(tmp_path: Path) -> None:
    keeps(tmp_path, "aplay")
    with pytest.raises(Misconfigured, match="no player for mp3"):
        find_player((), "mp3", {"PATH": str(tmp_path)})


def test_a_configured_player_that_is_not_there_is_not_replaced(tmp_path: Path) -> None:
    keeps(tmp_path, "paplay")
    with pytest.raises(Misconfigured, match="not on this machine") as caught:
        find_player(("rhythmbox",), "wav", {"PATH": str(tmp_path)})
    assert "[listen]" in caught.value.hint


def test_a_program_that_cannot_be_run_is_a_matter_of_the_configuration(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF and nothing more")
    broken.chmod(0o700)
    with pytest.raises(Misconfigured, match="cannot be run"):
        play([str(broken)], PIECES)


def test_to_stop_a_player_early_is_no_error(tmp_path: Path) -> None:
    assert not play([str(a_program(tmp_path, "quits", "exit 0"))], PIECES)


def test_a_player_that_fails_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="status 3"):
        play([str(a_program(tmp_path, "fails", "/bin/cat > /dev/null; exit 3"))], PIECES)


def test_what_turns_out_damaged_stops_the_player(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"RIFF"
        raise Tampered("a sealed recording does not open")

    waits = a_program(tmp_path, "waits", "exec /bin/sleep 5")
    began = time.monotonic()
    with pytest.raises(Tampered):
        play([str(waits)], pieces())
    assert time.monotonic() - began < 4
