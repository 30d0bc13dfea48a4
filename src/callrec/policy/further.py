"""What a request says besides the six particulars of 4(b), by its purpose.

`QUESTIONS` says for each how a terminal asks for it, what a script types, and which answers it
takes. Which purpose asks for which is in `purpose.TERMS`; the rules for answers, in `completeness`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

from callrec.dataclass import dataclass, field
from callrec.errors import Unusable
from callrec.policy.words import words

MAX_AGREEMENT_MIB: Final = 10  # a letter of some pages, scanned in colour
"""Of the file of a written agreement."""

NO_AUTHORITY: Final = "none"
"""The answer where people ask for their own calls."""

CLAIMANT: Final = "claimant"

COURT_ORDER: Final = "court-order"

OTHER_BASIS: Final = "other"

_FILE_KINDS: Final = {
    b"%PDF-": ("application/pdf", "PDF"),
    b"\xff\xd8\xff": ("image/jpeg", "JPEG picture"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "PNG picture"),
    b"II*\0": ("image/tiff", "TIFF picture"),
    b"MM\0*": ("image/tiff", "TIFF picture"),
}
"""By what a file begins with: its media type, and what people call it."""

_TEXT_FILE: Final = ("text/plain", "text")

_OTHER_FILE: Final = ("application/octet-stream", "file")

_CALLED: Final = dict([*_FILE_KINDS.values(), _TEXT_FILE, _OTHER_FILE])

_KEPT_FORM: Final = re.compile(r"([a-z]+/[a-z-]+) (0|[1-9][0-9]{0,11}) ([0-9a-f]{64})")


class FurtherParticular(StrEnum):
    """A further particular, named as it is typed: ``--received-how``."""

    LEARNING = "learning"
    AFFECTED = "affected"
    COMPLAINT = "complaint"
    COMPLAINANT = "complainant"
    CLAIM = "claim"
    EMPLOYEE = "employee"
    ALLEGATION = "allegation"
    AGREEMENT = "agreement"
    CONSULTED = "consulted"
    REGULATOR = "regulator"
    REFERENCE = "reference"
    SUBJECT = "subject"
    RECEIVED = "received"
    RECEIVED_HOW = "received-how"
    IDENTITY = "identity"
    AUTHORITY = "authority"
    HEAR_OR_COPY = "hear-or-copy"
    BODY = "body"
    OFFICER = "officer"
    RANK = "rank"
    CONTACT = "contact"
    LEGAL_BASIS = "legal-basis"
    CONFIDENTIALITY = "confidentiality"
    ANSWER_BY = "answer-by"
    URGENT = "urgent"
    NECESSITY = "necessity"
    PREJUDICE = "prejudice"
    SUBJECT_MAY_BE_TOLD = "subject-may-be-told"
    APPLICANT = "applicant"
    STANDING = "standing"
    EVIDENCE = "evidence"
    CORRECTION = "correction"
    WHY_RESTRICTED = "why-restricted"
    SITUATION = "situation"


class AnswerKind(StrEnum):
    """What sort of answer a question takes."""

    TEXT = "text"
    SENTENCE = "sentence"
    DAY = "day"
    LOGIN = "login"
    CHOICE = "choice"
    FILE = "file"
    """The text of a file, kept as it is to the byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How to ask for one further particular."""

    question: str
    """Without colon."""
    help: str
    """A line shown before the question."""
    option: str
    """What a script types; a choice without a value to type is a flag for each answer."""
    option_help: str
    """What `--help` says of it."""
    kind: AnswerKind = AnswerKind.TEXT
    choices: Mapping[str, str] = field(default_factory=dict)
    """Of a choice: answer -> what it means."""
    may_be_unknown: bool = False
    """"unknown" is an answer: not there yet."""
    may_be_none: bool = False
    """"none" is an answer."""
    usually: str = ""
    """The default answer; empty if one must be given."""
    names_subject: bool = False
    """It names the person whom the request is about, who cannot decide it [policy 4(b)]."""
    names_staff: bool = False
    """The person it names works here."""

    @property
    def option_name(self) -> str:
        """The option without a value; where it has none but a flag for each answer, all of them."""
        name, _, value = self.option.partition(" ")
        return self.option if value.startswith("or ") else name


QUESTIONS: Mapping[FurtherParticular, Question] = {
    # Performance and training [policy 2 bullet 2].
    FurtherParticular.LEARNING: Question(
        question="What is to be learned",
        help="In a sentence: which skill or procedure the recordings help with.",
        option="--learning TEXT",
        option_help="What you hope to learn, in a sentence.",
        kind=AnswerKind.SENTENCE,
    ),
    # An abusive or nuisance call [policy 2 bullet 3].
    FurtherParticular.AFFECTED: Question(
        question="Who of the staff was affected",
        help="The login of the member of staff who took the call.",
        option="--affected USER",
        option_help="Login of the member of staff affected.",
        kind=AnswerKind.LOGIN,
        names_subject=True,
        names_staff=True,
    ),
    # A complaint [policy 2 bullet 4].
    FurtherParticular.COMPLAINT: Question(
        question="Reference of the complaint",
        help="As it stands in the practice's complaints file.",
        option="--complaint REF",
        option_help="Reference of the complaint.",
    ),
    FurtherParticular.COMPLAINANT: Question(
        question="Who complained",
        help="A patient and a member of staff complain by different procedures.",
        option="--complainant patient|staff",
        option_help="Who complained.",
        kind=AnswerKind.CHOICE,
        choices={"patient": "a patient, or somebody for one", "staff": "a member of staff"},
    ),
    # A medico-legal claim [policy 2 bullet 5].
    FurtherParticular.CLAIM: Question(
        question="Reference of the claim",
        help="The indemnity body's or the solicitor's reference.",
        option="--claim REF",
        option_help="Reference of the claim.",
    ),
    # An employee's telephone conduct [policy 2 bullet 6, 4(g)].
    FurtherParticular.EMPLOYEE: Question(
        question="The employee concerned",
        help="Login or full name; one named person, and nobody is looked through at large.",
        option="--employee NAME",
        option_help="The employee: login or full name.",
        names_subject=True,
        names_staff=True,
    ),
    FurtherParticular.ALLEGATION: Question(
        question="Reference of the allegation",
        help="As it stands in the file of the disciplinary process.",
        option="--allegation REF",
        option_help="Reference of the allegation.",
    ),
    FurtherParticular.AGREEMENT: Question(
        question="File with the written agreement",
        help="Such as a signed PDF or a scan: what the Data Controller has agreed to in"
        f" writing, {MAX_AGREEMENT_MIB} MiB at most. It is kept sealed.",
        option="--agreement FILE",
        option_help="The Data Controller's written agreement: a PDF, a scan, any file.",
        kind=AnswerKind.FILE,
    ),
    FurtherParticular.CONSULTED: Question(
        question="Date of the agreement",
        help="When the Data Controller agreed, or was consulted by the person they authorised.",
        option="--consulted DATE",
        option_help="When the Data Controller agreed to it.",
        kind=AnswerKind.DAY,
    ),
    # A regulator's investigation [policy 2 paragraph 2].
    FurtherParticular.REGULATOR: Question(
        question="The regulator",
        help="Such as the Care Quality Commission, the GMC or the Information Commissioner.",
        option="--regulator NAME",
        option_help="Which regulator investigates.",
    ),
    FurtherParticular.REFERENCE: Question(
        question="Their reference",
        help="The crime, case or investigation number that they quote.",
        option="--reference REF",
        option_help="Their reference number.",
    ),
    # What the law gives the person whose call it is [policy 4(d), 4(e), 4(i)].
    FurtherParticular.SUBJECT: Question(
        question="The data subject's full name",
        help="Whose calls they are, even if somebody else asks.",
        option="--subject NAME",
        option_help="Full name of the person whose calls they are, or S-3 on the register.",
        names_subject=True,
    ),
    FurtherParticular.RECEIVED: Question(
        question="Date of receipt",
        help="The day on which the request reached anybody in the practice, working day or"
        " not: the time for the answer runs from it.",
        option="--received DATE",
        option_help="The day on which the request came in.",
        kind=AnswerKind.DAY,
    ),
    FurtherParticular.RECEIVED_HOW: Question(
        question="How it was received",
        help="The policy wants it in writing, the law takes a spoken one: write it down then.",
        option="--received-how written|spoken",
        option_help="How the request came in.",
        kind=AnswerKind.CHOICE,
        choices={
            "written": "a letter, a form or an e-mail",
            "spoken": "by telephone or at the desk; you have written it down",
        },
    ),
    FurtherParticular.IDENTITY: Question(
        question="How the identity was checked, and by whom",
        help='Such as "passport seen by the practice manager"; unknown if it was not yet: the'
        " time then runs from the day on which it is.",
        option="--identity HOW",
        option_help="How the identity was checked, and by whom; or unknown.",
        may_be_unknown=True,
    ),
    FurtherParticular.AUTHORITY: Question(
        question="Authority of the person who asks for somebody else",
        help='Such as "consent signed on 1/2/2026"; none if they ask for themselves, unknown'
        " if it has not been shown yet.",
        option="--authority TEXT",
        option_help="Their authority to ask for someone else; or none, or unknown.",
        may_be_unknown=True,
        may_be_none=True,
    ),
    FurtherParticular.HEAR_OR_COPY: Question(
        question="To hear it, or a copy",
        help="The policy offers to hear the recording; the law gives a copy to anyone"
        " who wants one.",
        option="--hear or --copy",
        option_help="Whether they hear it at the practice or get a copy.",
        kind=AnswerKind.CHOICE,
        choices={"hear": "hear the recording at the practice", "copy": "have a copy of it"},
    ),
    # The police or another outside body [policy 4(f)].
    FurtherParticular.BODY: Question(
        question="The body that asks",
        help="The police force, authority, court or solicitor.",
        option="--body NAME",
        option_help="The outside body that asks.",
    ),
    FurtherParticular.OFFICER: Question(
        question="The officer's name",
        help="Name one officer; general requests are not answered.",
        option="--officer NAME",
        option_help="The officer who asks for it.",
    ),
    FurtherParticular.RANK: Question(
        question="Rank or office",
        help="Many forces have it authorised by an inspector or above.",
        option="--rank TEXT",
        option_help="The officer's rank or office.",
    ),
    FurtherParticular.CONTACT: Question(
        question="Where the officer is reached",
        help="A secure e-mail address or the body's own telephone number, not a mobile's.",
        option="--contact TEXT",
        option_help="How to reach the officer.",
    ),
    FurtherParticular.LEGAL_BASIS: Question(
        question="Legal basis",
        help="What lets the practice disclose. Only a court order compels it.",
        option="--legal-basis CODE",
        option_help="Legal basis: crime, legal-proceedings, court-order or other.",
        kind=AnswerKind.CHOICE,
        choices={
            "crime": "prevent or detect crime (DPA 2018 Sch 2 Pt 1 para 2)",
            "legal-proceedings": "law, or legal proceedings (DPA 2018 Sch 2 Pt 1 para 5)",
            COURT_ORDER: "a sealed order of a court, which sets the day",
            OTHER_BASIS: "something else; say what in the necessity",
        },
    ),
    FurtherParticular.CONFIDENTIALITY: Question(
        question="Why may confidence be broken",
        help="The duty of confidence stands beside data protection; it yields to these three.",
        option="--confidentiality CODE",
        option_help="Why confidence may be broken: consent, law or public-interest.",
        kind=AnswerKind.CHOICE,
        choices={
            "consent": "the person whose calls they are has agreed",
            "law": "a law or a court requires it",
            "public-interest": "preventing serious crime or harm weighs more",
        },
    ),
    FurtherParticular.ANSWER_BY: Question(
        question="Day that the order sets",
        help="By when the court wants it; it does not move for weekends.",
        option="--answer-by DATE",
        option_help="The last day that the court's order allows.",
        kind=AnswerKind.DAY,
    ),
    FurtherParticular.URGENT: Question(
        question="Is it urgent",
        help="Someone's life or safety depends on it: answer it the same day.",
        option="--urgent",
        option_help="Whether someone's life or safety depends on it.",
        kind=AnswerKind.CHOICE,
        choices={"yes": "answer it today", "no": "it can take some days"},
        usually="no",
    ),
    FurtherParticular.NECESSITY: Question(
        question="Why it is necessary",
        help="In a sentence: what the body needs the recording for.",
        option="--necessity TEXT",
        option_help="Why they need it, in a sentence.",
        kind=AnswerKind.SENTENCE,
    ),
    FurtherParticular.PREJUDICE: Question(
        question="What harm would refusing cause",
        help="In a sentence: the exemption holds only so far as that would be likely.",
        option="--prejudice TEXT",
        option_help="What harm refusing would cause, in a sentence.",
        kind=AnswerKind.SENTENCE,
    ),
    FurtherParticular.SUBJECT_MAY_BE_TOLD: Question(
        question="May the person concerned be told",
        help="Whether it would harm the body's purpose if that person learned of this.",
        option="--subject-may-be-told or --subject-must-not-be-told",
        option_help="Whether the person concerned may learn of it.",
        kind=AnswerKind.CHOICE,
        choices={"yes": "the person may learn of it", "no": "it must be kept from the person"},
    ),
    # Someone who has died [Access to Health Records Act 1990].
    FurtherParticular.APPLICANT: Question(
        question="The applicant's full name",
        help="Who asks for the record of the person who has died.",
        option="--applicant NAME",
        option_help="Who asks for a dead person's record.",
        names_subject=True,
    ),
    FurtherParticular.STANDING: Question(
        question="The applicant's standing",
        help="The Act knows these two; next of kin as such has no right.",
        option="--standing personal-representative|claimant",
        option_help="In what role the applicant asks.",
        kind=AnswerKind.CHOICE,
        choices={
            "personal-representative": "executor or administrator of the estate",
            CLAIMANT: "may have a claim that arises from the death",
        },
    ),
    FurtherParticular.EVIDENCE: Question(
        question="Evidence of the standing",
        help="Such as probate, letters of administration or a letter of claim; unknown if it"
        " has not been shown yet.",
        option="--evidence TEXT",
        option_help="What proves that role; or unknown.",
        may_be_unknown=True,
    ),
    # To correct, to restrict, to object [UK GDPR 16, 18, 21].
    FurtherParticular.CORRECTION: Question(
        question="What is wrong, and what is right",
        help="In a sentence: it stands as a note beside the recording. The sound is never changed.",
        option="--correction TEXT",
        option_help="What is wrong, and what is right; kept as a note with the recording.",
        kind=AnswerKind.SENTENCE,
    ),
    FurtherParticular.WHY_RESTRICTED: Question(
        question="Why it should be restricted",
        help="The law knows these four. Until it is lifted, the recording is only stored.",
        option="--why-restricted CODE",
        option_help="Why: accuracy, unlawful, claims or objection.",
        kind=AnswerKind.CHOICE,
        choices={
            "accuracy": "they say that it is not accurate, until that is checked",
            "unlawful": "it is held unlawfully, and they do not want it erased",
            "claims": "the practice needs it no more, and they need it for a legal claim",
            "objection": "they objected to its use, until that is decided",
        },
    ),
    FurtherParticular.SITUATION: Question(
        question="Why they object",
        help="In a sentence: what in their own situation speaks against keeping or using it.",
        option="--situation TEXT",
        option_help="Why the person objects, from their own situation.",
        kind=AnswerKind.SENTENCE,
    ),
}

NAMES_STAFF: Final = frozenset(field for field, asked in QUESTIONS.items() if asked.names_staff)
"""Those that can only name someone who works here."""

_TITLES: Final = frozenset({"dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sister"})


def is_named(text: str, *, login: str, full_name: str) -> bool:
    """Whether a text names this person of the practice: by login, or by the words of the name.

    Case, order, marks, titles and other words do not matter: "Mia Sheldon (reception)" names Mia
    Sheldon. So a text may name more people than it means: better to hide a request from one person
    too many than to show it to its subject. A full name that is not known is empty.
    """
    name = words(full_name) - _TITLES
    return text.strip().casefold() == login.casefold() or (bool(name) and name <= words(text))


@dataclass(frozen=True, slots=True)
class KeptFile:
    """What a request says of a file that is kept sealed with it; not its name, which may tell."""

    media_type: str
    size_bytes: int
    sha256: str
    """In hex."""

    @classmethod
    def of(cls, data: bytes, sha256: str) -> Self:
        """Of a file by its bytes; what it is, is guessed from how it begins."""
        media_type, _ = next(
            (of for start, of in _FILE_KINDS.items() if data.startswith(start)), _OTHER_FILE
        )
        if media_type == _OTHER_FILE[0] and _is_text(data):
            media_type, _ = _TEXT_FILE
        return cls(media_type, len(data), sha256)

    def as_text(self) -> str:
        """As it is sealed: ``application/pdf 48213 9f86...``.

        Law: ``KeptFile.from_text(file.as_text()) == file``.
        """
        return f"{self.media_type} {self.size_bytes} {self.sha256}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read it back; Unusable if it is not `as_text`'s."""
        found = _KEPT_FORM.fullmatch(text)
        if found is None or found[1] not in _CALLED:
            raise Unusable("that is not what is said of a file that is kept")
        return cls(found[1], int(found[2]), found[3])

    @property
    def described(self) -> str:
        """For people: ``PDF, 48 KB``; its hash is for who asks for it."""
        size = self.size_bytes
        if size < 1000:  # noqa: PLR2004 - a unit
            words = f"{size} bytes"
        elif size < 10**6:
            words = f"{size / 1000:.0f} KB"
        else:
            words = f"{size / 10**6:.1f} MB"
        return f"{_CALLED[self.media_type]}, {words}"


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False
