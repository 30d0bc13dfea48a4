"""The options and arguments that commands share, and many that one alone takes.

Dates, times and numbers stay as they were typed: reading them needs the practice's time zone
(policy/days.py).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from callrec.crypto.canonical import LARGEST_INTEGER
from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.policy import search as criteria
from callrec.policy.edits import TypedEdit, read_clip, read_silence
from callrec.policy.handing_over import Channel, PackageForm
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestState
from callrec.policy.rights.grounds import Ground
from callrec.policy.role import Role
from callrec.views.typed import (
    NamedCall,
    read_call,
    read_fingerprint,
    read_recording,
    read_request,
    read_word,
)

Command = TypeVar("Command", bound="Callable[..., None]")


def plain(name: str, text: str) -> Any:
    """An option that is there or not, or takes one of few words; and its help."""
    return typer.Option(name, help=text)


def valued(name: str, metavar: str, text: str, read: Callable[[str], object] | None = None) -> Any:
    """An option that takes a value, ``--to FILE`` or ``--number -n``; help, and what reads it."""
    return typer.Option(*name.split(), metavar=metavar, parser=read, help=text)


def number(
    name: str, metavar: str, text: str, *, least: int | None, most: int | None = LARGEST_INTEGER
) -> Any:
    """An option that takes a whole number, and its help."""
    return typer.Option(*name.split(), metavar=metavar, min=least, max=most, help=text)


def named(metavar: str, text: str, read: Callable[[str], object] | None = None) -> Any:
    """An argument that says which thing is meant, its help, and what reads it."""
    return typer.Argument(metavar=metavar, parser=read, help=text)


def with_options(command: Command, added: Mapping[str, Any], *, after: int) -> Command:
    """Give a command options from a table; it gets what was typed of them as keywords."""
    signature = inspect.signature(command, eval_str=True)
    own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    keywords = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in added.items()
    ]
    every = signature.replace(parameters=[*own[:after], *keywords, *own[after:]])
    command.__signature__ = every  # type: ignore[attr-defined]  # what Typer reads
    return command


def read_new_login(text: str) -> str:
    """A login name that somebody new can have."""
    from callrec.people.founding import check_login  # few commands need it

    check_login(text)
    return text


# Which thing is meant.

Reference = Annotated[str, named("REQUEST", "Which request: R-17, or 17 for short.", read_request)]

References = Annotated[
    list[str], named("REQUEST", "Which requests: R-17, or 17 for short.", read_request)
]

RecordingId = Annotated[
    NamedCall,
    named(
        "RECORDING", 'Which recording: 1042, or "yesterday 16:03", when the call began.', read_call
    ),
]

RecordingIds = Annotated[
    list[int],
    typer.Argument(metavar="RECORDING...", parser=read_recording, help="Which recordings: 1042."),
]

RecordingsToAttach = Annotated[
    list[NamedCall] | None,
    named(
        "[RECORDING]...",
        'Those to add: 1042, or "yesterday 16:03", when the call began.',
        read_call,
    ),
]

RecordingsToHold = Annotated[
    list[NamedCall],
    named(
        "RECORDING...",
        'Which recordings: 1042, or "yesterday 16:03", when the call began.',
        read_call,
    ),
]

Recordings = Annotated[
    list[int] | None,
    valued("--recording", "ID", "Only this recording; may be given again.", read_recording),
]

Request = Annotated[
    str | None,
    valued("--request -R", "REQUEST", "The request under which this is done.", read_request),
]


# What was heard, when, and by whom.

Numbers = Annotated[
    list[str] | None,
    valued(
        "--number -n",
        "NUMBER",
        "Outside telephone number, written in any way; ...4567 for its last digits; withheld,"
        " with one day and a request. May be given again.",
    ),
]

RequestNumbers = Annotated[
    list[str] | None,
    valued(
        "--number -n",
        "NUMBER",
        "Outside telephone number, written in any way; withheld, for calls that showed none,"
        ' or "withheld 1/3/2024 to 31/3/2024". May be given again.',
    ),
]

Names = Annotated[
    list[str] | None,
    valued(
        "--name", "NAME", "A name under which the person's calls may be found; may be given again."
    ),
]

Days = Annotated[
    list[str] | None,
    valued(
        "--date -d",
        "DATE",
        "Day of the call: 4/1/2024, 4 Jan 2024, today, yesterday. May be given again.",
    ),
]

FirstDays = Annotated[
    list[str] | None,
    valued("--from", "DATE", "First day of the calls; may be given again, each with --to."),
]

LastDays = Annotated[
    list[str] | None, valued("--to", "DATE", "Last day of the calls; otherwise today.")
]

Date = Annotated[
    str | None,
    valued("--date -d", "DATE", "Day of the call: 4/1/2024, 4 Jan 2024, today, yesterday."),
]

FirstSearchDay = Annotated[
    str | None, valued("--from", "TIME", 'First day of the calls, or a time: "4/1/2024 14:05".')
]

LastSearchDay = Annotated[
    str | None, valued("--to", "TIME", "Last day of the calls, or a time on that one day.")
]

Time = Annotated[
    str | None, valued("--time -t", "TIME", "Time of the call: 14:05, or 14:00-14:30.")
]

Extensions = Annotated[
    list[str] | None,
    valued("--extension -e", "EXT", "The practice's own extension; may be given again."),
]

SearchedParties = Annotated[
    list[str] | None,
    valued("--party -p", "NAME", "Name of someone who took part; may be given again."),
]

Directions = Annotated[
    list[criteria.Direction] | None,
    plain("--direction", "Which way the call went; may be given again."),
]

Limit = Annotated[
    int | None, number("--limit -l", "N", "Show at most this many, newest first.", least=1)
]


# How it is done.

Reason = Annotated[
    str | None, valued("--reason -r", "TEXT", "Why, in a sentence; it is kept in the record.")
]

To = Annotated[Path, valued("--to", "DIR", "Folder or drive to write to.")]

Yes = Annotated[
    bool,
    typer.Option("--yes", "-y", help="Go ahead without asking, even where it cannot be undone."),
]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


# People.

PracticeName = Annotated[str, valued("--practice", "NAME", "What the practice is called.")]

UserName = Annotated[
    str,
    valued("--user", "NAME", "Login of the Data Controller, for example jsmith.", read_new_login),
]

FullName = Annotated[str, valued("--name", "TEXT", "Name in full, for example Jane Smith.")]

ControllerName = Annotated[
    str, valued("--name", "TEXT", "Name of the Data Controller in full, for example Jane Smith.")
]

RecoveryFile = Annotated[
    Path | None,
    valued(
        "--recovery-file",
        "FILE",
        "Write the recovery kit to a new file: kit.pdf to print, kit.txt as text.",
    ),
]

LoginName = Annotated[
    str,
    typer.Argument(
        metavar="USER",
        envvar="CALLREC_USER",
        show_envvar=False,
        help="Who logs in; otherwise the login that CALLREC_USER names.",
    ),
]

NewLogin = Annotated[str, named("NAME", "Login to add: small letters, such as jsmith.")]

KnownLogin = Annotated[str, typer.Argument(metavar="NAME", help="Whose login.")]

KnownLogins = Annotated[list[str], typer.Argument(metavar="NAME...", help="Whose keys to confirm.")]

AnyLogin = Annotated[
    str | None,
    named("[NAME]", "Whose logins; otherwise your own, or everyone's if you manage people."),
]

RoleName = Annotated[Role, typer.Option("--role", help="Role in the practice.")]

NewRole = Annotated[Role, typer.Argument(metavar="ROLE", help="The new role.")]

NewPasswordFile = Annotated[
    Path | None,
    valued("--password-file", "FILE", "File of the provisional password, read or written."),
]

CredentialFile = Annotated[
    Path | None, valued("--credential-file", "FILE", "Write an intake service's credential here.")
]


# The audit log.

ByLogin = Annotated[str | None, valued("--actor", "NAME", "Only what this login did.")]

Action = Annotated[
    str | None, valued("--action", "WORD", "Only these actions: request, release.prepared.")
]

Subject = Annotated[
    str | None, valued("--subject", "ID", "Only entries about R-17, 1042 or a login.")
]

Since = Annotated[str | None, valued("--since", "TIME", "From this day or time on: 4/1/2024.")]

Until = Annotated[str | None, valued("--until -u", "TIME", "Before this day or time.")]

Full = Annotated[bool, plain("--full", "Check every signature again, the old ones too.")]

OnlyNew = Annotated[
    bool, plain("--new", "Check only what was added since the last check: quick, but proves less.")
]

Against = Annotated[
    list[Path] | None,
    valued(
        "--against",
        "FILE",
        "A note of the newest entry: a .tlog-proof, or the lines of audit print.",
    ),
]

Pin = Annotated[
    bytes | None,
    valued(
        "--pin",
        "FINGERPRINT",
        "The practice's fingerprint, from paper or where it is published.",
        read_fingerprint,
    ),
]

ToFile = Annotated[Path, valued("--to", "FILE", "New file to write.")]

AgreementTo = Annotated[
    Path | None,
    valued(
        "--agreement-to",
        "FILE",
        "New file for the written agreement that is kept with the request.",
    ),
]

ToPage = Annotated[
    Path | None, valued("--to", "FILE", "Write a page to print to this file: a .pdf.")
]

StampTo = Annotated[
    Path | None, valued("--to", "FILE", "New file for what was stamped, with FILE.tsr.")
]

EntryNumber = Annotated[
    int,
    typer.Argument(
        metavar="SEQ",
        min=0,
        max=LARGEST_INTEGER,
        help="Which entry: its number in callrec audit list.",
    ),
]


RegisterFile = Annotated[
    Path | None,
    valued("--to", "FILE", "Write all of it to this file, .csv or .json; otherwise show a table."),
]

# What comes in.

Sources = Annotated[
    list[str] | None, named("PATH...", "Files, or folders with everything in them.")
]

After = Annotated[
    str,
    valued(
        "--after",
        "keep|delete|move:DIR",
        "What to do with each file, after its sealed copy was read back and opened.",
    ),
]

NamesOnly = Annotated[
    bool,
    plain(
        "--try", "Only show how file names would be read; without names, those in your templates."
    ),
]


# Looking over.

FullCheck = Annotated[
    bool, plain("--full", "Read every sealed recording; it takes as long as a copy.")
]

Keep = Annotated[Path | None, valued("--keep", "DIR", "Keep everything, in this new folder.")]


# What a request says.

PurposeName = Annotated[
    Purpose | None,
    named(
        "PURPOSE",
        "What the recordings are for: abusive-call, complaint, deceased, disciplinary,"
        " erasure, medico-legal, objection, outside-body, performance, portability,"
        " protect-parties, rectification, regulatory, restriction, subject-access or training.",
    ),
]

Parties = Annotated[
    list[str] | None, valued("--party -p", "NAME", "Who took part, or unknown; may be given again.")
]

About = Annotated[str, valued("--about", "TEXT", "Anything else about the call.")]

AskedFor = Annotated[
    list[NamedCall] | None,
    valued(
        "--recording",
        "ID",
        'Ask for this recording: 1042, or "yesterday 16:03"; may be given again.',
        read_call,
    ),
]

State = Annotated[
    RequestState | None, valued("--state", "STATE", "Only requests in this state: submitted.")
]

Mine = Annotated[bool, typer.Option("--mine", help="Only requests that you made.")]


# What is decided.

ForUser = Annotated[
    str, valued("--for -f", "USER", "Who will hear it; otherwise the person who made the request.")
]

LastDay = Annotated[
    str | None, valued("--until -u", "DATE", "The last day on which it may be heard.")
]

Note = Annotated[str, valued("--note", "TEXT", "A note, kept sealed in the record.")]

OpinionOf = Annotated[
    str | None,
    valued(
        "--opinion-of",
        "NAME",
        "The health professional who says that hearing it would be likely to cause serious harm.",
    ),
]

OpinionOn = Annotated[
    str | None, valued("--opinion-on", "DATE", "When they said so; within the last six months.")
]

ConsultedOn = Annotated[
    str | None,
    valued("--consulted", "DATE", "When you, as a delegate, consulted the Data Controller."),
]

Countersign = Annotated[
    str | None, valued("--countersign", "USER", "A second person, who types their password here.")
]

BreakGlass = Annotated[
    bool, plain("--break-glass", "Decide alone as Data Controller; every report will show it.")
]


@dataclass(frozen=True, slots=True)
class Withheld:
    """One recording that is withheld, by its number."""

    recording: int
    ground: Ground


def read_ground(text: str) -> Ground:
    """The ground that a code stands for."""
    return read_word(Ground, "code", text, for_what=" to withhold something")


def read_withheld(text: str) -> Withheld:
    """A recording and why it is withheld: ``1042=third-party``."""
    number, given, code = text.partition("=")
    if not given:
        raise Unusable(
            "a recording is withheld on a ground",
            hint=f"give ID=CODE, such as 1042=third-party; the codes: {', '.join(Ground)}",
        )
    return Withheld(read_recording(number), read_ground(code))


Withhold = Annotated[
    list[Withheld] | None,
    valued(
        "--withhold",
        "ID=CODE",
        "Withhold this recording, on the ground that the code names; may be given again.",
        read_withheld,
    ),
]

LeaveOut = Annotated[
    list[Withheld] | None,
    valued(
        "--leave-out",
        "ID=CODE",
        "Leave this recording out, on the ground that the code names; may be given again.",
        read_withheld,
    ),
]

Code = Annotated[
    Ground | None,
    valued(
        "--code",
        "CODE",
        "The ground for refusing all of it; otherwise it is refused as not approved.",
        read_ground,
    ),
]

Clips = Annotated[
    list[TypedEdit] | None,
    valued(
        "--clip",
        "[ID@]A-B",
        "Keep only this span: 1:30-1:45, or 1042@1:30-1:45 if there are several recordings.",
        read_clip,
    ),
]

Silences = Annotated[
    list[TypedEdit] | None,
    valued(
        "--silence",
        "[ID@]A-B=GROUND[/left|right][/tone]",
        "Silence this span because of third-party, serious-harm, privilege or not-relevant;"
        " may be given again.",
        read_silence,
    ),
]


def typed_edits(
    clips: list[TypedEdit] | None, silences: list[TypedEdit] | None
) -> tuple[TypedEdit, ...]:
    """What --clip and --silence ask for; which recordings they name is resolved later."""
    return (*(clips or ()), *(silences or ()))


# What is handed over.

GrantedRecording = Annotated[
    NamedCall | None,
    named(
        "[RECORDING]", "Which of the recordings granted to you; otherwise all of them.", read_call
    ),
]

ReleaseForm = Annotated[PackageForm, typer.Option("--form", help="What the package is.")]

DeliverBy = Annotated[Channel | None, plain("--deliver-by", "How the package goes out.")]

PassphraseBy = Annotated[
    Channel | None, plain("--passphrase-by", "How its passphrase goes out: not the same way.")
]


# What is archived.

ArchiveTo = Annotated[Path | None, valued("--to", "DIR", "The external drive's folder.")]

OlderThan = Annotated[
    str | None, valued("--older-than", "AGE", "Only calls older than this: 90d, 12w, 18m, 3y.")
]

Before = Annotated[str | None, valued("--before", "DATE", "Only calls before this day.")]

Label = Annotated[
    str | None,
    valued(
        "--label", "LABEL", "What to call a new archive drive; otherwise the name of its folder."
    ),
]

VolumeFolder = Annotated[Path, named("DIR", "The folder that was archived to.")]

OnVolume = Annotated[
    list[Path] | None,
    valued("--from", "DIR", "The folder of an archive drive, if callrec does not find it."),
]

OnVolumes = Annotated[
    list[Path] | None,
    valued("--drive", "DIR", "An archive drive's folder, besides the drives that callrec finds."),
]

# What is destroyed.

CertificateTo = Annotated[
    Path | None, valued("--to", "DIR", "Write the certificate into this folder, signed.")
]


def is_text(typed: str) -> bool:
    """Whether what came from outside is Unicode; Python hands on bytes that are none (PEP 383)."""
    try:
        typed.encode()
    except UnicodeEncodeError:
        return False
    return True
