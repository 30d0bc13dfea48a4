"""Three examples for the help of each command: what people type most, as they type it.

`tests/cli/test_examples.py` reads each of them as the command would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

_PLAIN: Final = ("", "--json", "--vault /srv/callrec/vault")
"""What follows a command that takes nothing more."""

EXAMPLES: Final[Mapping[str, Sequence[str]]] = {
    "": ("help search", "request create complaint", "status --json"),
    "demo": ("", "--keep demo-vault", "--keep demo-vault --json"),
    "init": (
        '--practice "Hama Surgery" --user dora --name Dora',
        '--practice "Hama Medical Centre" --user dora --name "Dora Hama"',
        '--practice P --user dora --name Dora --contact "01632 960000"',
    ),
    "login": ("", "jsmith", "jsmith --vault /srv/callrec/vault"),
    "ingest": (
        "/var/spool/asterisk/monitor",
        "recordings --dry-run",
        "recordings --cdr Master.csv --after move:done",
        "--bundle EXPORT.zip --map map.toml --try",
    ),
    "search": (
        '--number "07700 900461" --date yesterday',
        '--date 12/3/2026 --time 14:05 --reason "The patient complains"',
        "--extension 201 --date today --request R-17",
    ),
    "show": ("1042", '"yesterday 16:03"', "1042 --from /mnt/external"),
    "request": ("create complaint", "list --mine", "show R-17"),
    "request create": ("complaint", "outside-body --help", "complaint --recording 1042"),
    "request list": ("", "--mine", "--state submitted"),
    "request show": ("R-17", "17", "17 --json"),
    "request attach": ("R-17 1042", "R-17 1042 1043", 'R-17 "yesterday 16:03"'),
    "request gather": ("R-17", "R-17 --leave-out 1042=not-relevant", "R-17 --json"),
    "request detach": ("R-17 1042", "R-17 1042 1043", "R-17 1042 --yes"),
    "request amend": (
        'R-17 --number "07700 900461"',
        "R-17 --date 12/3/2026 --time 14:00-14:30",
        'R-17 --about "The caller rang twice"',
    ),
    "request event": (
        "R-17 acknowledged --on today",
        "R-17 extend --on today --reason '40 calls to go through'",
        "R-17 identity --on 12/3/2026",
    ),
    "request letter": (
        "R-17",
        "R-17 --kind answer --to R-17.pdf",
        "R-17 --sent today --how letter",
    ),
    "request dossier": ("R-17", "R-17 --to R-17.pdf", "R-17 --to R-17.html --yes"),
    "request withdraw": ("R-17", "17", "R-17 --yes"),
    "request close": ("R-17", "R-17 --yes", 'R-17 --reason "The patient no longer wants it"'),
    "request due": (
        "subject-access --received 12/3/2026",
        "subject-access --received 12/3/2026 --extended",
        "subject-access --received 12/3/2026 --json",
    ),
    "request erase": ("R-17", "R-17 --dry-run", "R-17 --drive /mnt/external"),
    "request recording": (
        "identify 1042 --subject S-3",
        "note 1042",
        'note 1042 --text "A child is heard, too"',
    ),
    "request recording identify": (
        "1042 --subject S-3",
        '17 --subject 3 --how "She says a full name"',
        "1042 --subject 3",
    ),
    "request recording note": (
        "1042",
        '1042 --text "A child is heard, too"',
        "1042 --note N-2",
    ),
    "request subject": ("list", 'find --number "07700 900123"', "show S-3"),
    "request subject add": (
        "",
        '--name "Sian Roberts" --born 14/3/1961',
        '--name "Sian Roberts" --nhs-number "999 000 0018"',
    ),
    "request subject change": (
        'S-3 --number "07700 900456"',
        'S-3 --name "Sian Roberts" --name "Sian Davies"',
        "S-3 --nhs-number none",
    ),
    "request subject find": (
        '--number "07700 900123"',
        '--nhs-number "999 000 0018" --request R-17',
        "--name Roberts --born 14/3/1961 --request R-17",
    ),
    "request subject show": ("S-3", "S-3 --request R-17", "3 --json"),
    "request subject erase": ("S-3", "S-3 --yes", "S-3 --drive /mnt/external"),
    "request subject list": (),
    "inbox": (),
    "approve": ("R-17", "R-17 R-18 R-19", "R-17 --withhold 1042=third-party"),
    "deny": ("R-17", 'R-17 --reason "The number is not known"', "R-17 --code privilege"),
    "revoke": ("R-17", 'R-17 --reason "The complaint was withdrawn"', "R-17 --yes"),
    "listen": ("R-17", "R-17 1042", "R-17 1042 --look"),
    "release": (
        "R-17 --to packages --form html",
        "R-17 R-18 --to packages",
        "R-17 --to packages --deliver-by email --passphrase-by phone",
    ),
    "hold": ("list", 'place 1042 --reason "A claim was announced"', "lift H-3"),
    "hold place": (
        '1042 --reason "A claim was announced"',
        '1042 1043 --reason "The coroner asked for these calls"',
        "1042",
    ),
    "hold lift": ("H-3", 'H-3 --reason "The claim was settled"', "H-3 --countersign jsmith"),
    "hold list": (),
    "hold show": ("H-3", "3", "H-3 --json"),
    "retention": ("review", "dispose R-21", "undo 3f9a1c20"),
    "retention review": ("", "--to due.csv", "--json"),
    "retention dispose": ("R-21", "R-21 --dry-run", "R-21 --drive /mnt/external"),
    "retention set": (
        "1042 claim",
        "1042 1043 claim",
        '1042 claim --reason "A solicitor wrote to us"',
    ),
    "retention undo": (
        "3f9a1c20 --dry-run",
        "3f9a1c20",
        '3f9a1c20 --reason "The wrong folder was taken in"',
    ),
    "archive": (
        "--to /mnt/external",
        "--to /mnt/external --older-than 90d",
        "verify /mnt/external",
    ),
    "archive list": (),
    "archive keep": (
        "archive-1",
        'archive-1 --with "P Hama" --at "the safe"',
        'archive-1 --at "the bank"',
    ),
    "archive lost": ("archive-1", "archive-1 --noticed yesterday", "archive-1 --tell dora"),
    "archive found": ("/mnt/external", "/mnt/external --json", "/media/archive-1"),
    "archive verify": ("/mnt/external", "/media/archive-1 /media/archive-2", ""),
    "drive": ("backup --to /mnt/stick", "restore --from /mnt/external", "restore --help"),
    "drive backup": ("--to /mnt/stick", '--to /mnt/stick --label "second disk"', "--to D --yes"),
    "drive restore": (
        "--from /mnt/external",
        "--from /mnt/external --drill",
        "--from /mnt/external --kit",
    ),
    "audit": ("list --since yesterday", "verify", "print --to head.pdf"),
    "audit review-searches": ("", "--accept 117", "--since 1/3/2026"),
    "audit review-glass": ("R-17 --accept", "R-17 --query", "R-17 --accept --yes"),
    "audit list": ("--since yesterday", "--actor jsmith --limit 20", "--subject R-17"),
    "audit verify": ("", "--full", "--against head.txt"),
    "audit resume": ("", "--yes", '--reason "A disk was put back after a fault"'),
    "audit export": ("--to record.jsonl", "--to record.json", "--to /mnt/external/record.jsonl"),
    "audit print": ("", "--to head.pdf", "--to head.pdf --yes"),
    "audit prove": ("17", "17 --json", "0"),
    "audit verify-release": (
        "release.zip",
        "opened-folder",
        "release.html",
    ),
    "user": ("list", 'add jsmith --name "Jo Smith" --role partner', "confirm jsmith"),
    "user add": (
        'jsmith --name "Jo Smith" --role manager',
        'jsmith --name "Jo Smith" --role partner',
        "box --name Box --role intake --credential-file box.key",
    ),
    "user reset": ("jsmith", "jsmith --seen", "jsmith --password-file new.txt"),
    "user import": ("people.csv", "people.csv --json", "/mnt/external/people.csv"),
    "user confirm": ("jsmith", "jsmith adoe --countersign dora", "jsmith --json"),
    "user list": (),
    "user show": ("jsmith", "jsmith --json", "box"),
    "user role": ("jsmith manager", "jsmith partner", "jsmith manager --json"),
    "user delegate": (
        'jsmith --power decide-general --until "31 March"',
        "jsmith --power decide-general --end",
        "jsmith --power hear --until Friday",
    ),
    "user disable": ("jsmith", "jsmith --yes", "box"),
    "user password": ("", "--seen", "--json"),
    "user sessions": ("", "jsmith", "jsmith --end"),
    "user whoami": (),
    "practice": ("settings show", "register disclosure", "doctor"),
    "practice settings": ("show", "check rules.toml", "apply rules.toml"),
    "practice settings show": ("", "--entry 0", "--json"),
    "practice settings check": ("rules.toml", "rules.toml --json", "/etc/callrec/rules.toml"),
    "practice settings apply": ("rules.toml", "rules.toml --yes", "rules.toml --json"),
    "practice keys": ("list", "kit check", "rotate"),
    "practice keys rotate": ("", "--reseal", "--reencrypt"),
    "practice keys kit": ("new --to kit.pdf", "check", "new --help"),
    "practice keys kit new": ("--to kit.pdf", "--to kit.pdf --recovery-shares 2-of-3", ""),
    "practice recovery": ("drill", 'use --user dora --name "Dora Hama"', "use --help"),
    "practice recovery use": (
        '--user dora --name "Dora Hama"',
        "--user dora --name Dora --recovery-shares 2-of-3",
        "--user dora --name Dora --recovery-file kit.pdf",
    ),
    "practice register": (
        "disclosure",
        "rights-requests --to register.csv",
        "disclosure --since 1/1/2026 --until 1/4/2026",
    ),
    "practice report": (
        "",
        "--month 2026-11 --to report.html",
        "--month 2026-11 --to report.html --pdf report.pdf",
    ),
    "practice notice": ("website", "staff --to staff.txt", "list"),
    "practice notice website": ("", "--to website.txt", "--on 1/3/2026"),
    "practice notice announcement": ("", "--to announcement.txt", "--on 1/3/2026"),
    "practice notice outbound": ("", "--to outbound.txt", "--on 1/3/2026"),
    "practice notice staff": ("", "--to staff.txt", "--on 1/3/2026"),
    "practice notice complaints": ("", "--to complaint-form.txt", "--json"),
    "practice mail": ("list", "send", "remind"),
    "practice reconcile": (
        "--from 1/3/2026 --to 31/3/2026 --cdr Master.csv",
        "--cdr Master.csv --csv missing.csv",
        "--from yesterday --cdr Master.csv",
    ),
    "practice doctor": ("", "--full", "--repair"),
    "practice network": ("plan practices.toml", "plan practices.toml --json"),
    "practice network plan": ("plan.toml", "plan.toml --json", "/srv/practices.toml"),
    "incident": ("report", "list", "show I-2"),
    "incident report": ("", "--noticed yesterday", "--request R-17"),
    "incident list": (),
    "incident show": ("I-2", "2", "I-2 --json"),
    "incident update": (
        "I-2",
        'I-2 --measures "The drive was found and wiped"',
        "I-2 --people-count 12 --likelihood 2",
    ),
    "incident close": (
        "I-2",
        "I-2 --outcome reported --on 12/3/2026",
        'I-2 --outcome not-reported --reason "Nobody heard them"',
    ),
    "complaint": ("receive", "list", "show C-2"),
    "complaint receive": (
        "",
        '--from "Sian Roberts" --how letter',
        "--on yesterday --how phone --request R-17",
    ),
    "complaint acknowledge": ("C-2", "C-2 --how letter", "C-2 --how email --on yesterday"),
    "complaint progress": (
        "C-2",
        'C-2 --what "We asked the person who took the call"',
        'C-2 --what "We wrote what was found" --how email',
    ),
    "complaint outcome": (
        "C-2",
        "C-2 --finding upheld --how letter",
        "C-2 --finding other-matter --yes",
    ),
    "complaint list": (),
    "complaint show": ("C-2", "2", "C-2 --json"),
    "status": ("", "--json", "--all /etc/callrec/practices"),
    "config": ("path", "show", "check"),
    "config path": (),
    "config show": (),
    "config check": (),
    "config edit": ("", "--config /etc/callrec/config.toml", "--vault /srv/callrec/vault"),
}
"""A command, without ``callrec`` -> what may follow it."""


def examples_of(path: str) -> Iterator[str]:
    """The lines for a command, which is given as ``callrec search``."""
    for rest in (*EXAMPLES.get(path.removeprefix("callrec").strip(), ()), *_PLAIN)[:3]:
        yield f"{path} {rest}".rstrip()
