"""The exact words of each clause, with line breaks made single spaces."""

from __future__ import annotations

from typing import Final

from callrec.policy.clause import Clause

WORDS: Final = {
    Clause.SPECIFIC_PURPOSES: (
        "all data shall be used for specific purposes only and not used or disclosed in "
        "any way incompatible with these purposes"
    ),
    Clause.BOTH_PARTIES: "Protect the interests of both parties",
    Clause.PERFORMANCE: "Help improve Practice performance and best practice",
    Clause.ABUSIVE_CALLS: "Help protect Practice staff from abusive or nuisance calls",
    Clause.COMPLAINT: (
        "Establish the facts in the event of a complaint either by a patient or a member "
        "of staff and so assist in resolving it"
    ),
    Clause.MEDICO_LEGAL: (
        "Establish the facts and assist in the resolution of any medico-legal claims made "
        "against the practice or it clinicians"
    ),
    Clause.EMPLOYEE_CONDUCT: (
        "A call recording may also be used as evidence in the event that an employee's "
        "telephone conduct is deemed unacceptable. In this situation the recording will "
        "be made available to the employee's manager, to be investigated as per the "
        "Practice Disciplinary Policy"
    ),
    Clause.COMPLIANCE: (
        "The telephone call recording system in operation will record incoming and "
        "outgoing telephone calls and recordings may be used to investigate compliance "
        "with the Practice's policies and procedures, to provide further training, to "
        "support the investigation of complaints, to ensure the Practice complies with "
        "regulatory procedures and to provide evidence for any regulatory investigation."
    ),
    Clause.CENTRAL_SYSTEM: (
        "The Practice will record telephone conversations from its central telephone "
        "system. All call recordings are encrypted and stored on a secure server at the "
        "system provider's headquarters."
    ),
    Clause.CALLER_IS_TOLD: (
        "The Practice will inform the caller that their call is being monitored/recorded "
        "for the reasons stated above so that they have the opportunity to consent by "
        "continuing with the call or hanging up."
    ),
    Clause.CONTROLLED_ACCESS: (
        "The recordings shall be stored securely, with access to the recordings "
        "controlled and managed by the Data Controller or any other persons authorised to "
        "do so by the Data Controller"
    ),
    Clause.FORMALLY_AUTHORISED: (
        "Access to the recordings is only allowed to satisfy a clearly defined business "
        "need and reasons for requesting access must be formally authorised only by a "
        "relevant Partner or Manager. All requests for call recordings should include the "
        "following: - The valid reason for the request - Date and time of the call if "
        "known - Telephone extension used to make/receive the call - External number "
        "involved if known - Where possible, the names of all parties to the telephone "
        "call - Any other information on the nature of the call"
    ),
    Clause.NO_BROWSING: "The browsing of recordings for no valid reason is not permitted",
    Clause.RETRIEVABLE: (
        "The UK GDPR allows persons access to information that we hold about them. This "
        "includes recorded telephone calls. Therefore, the recordings will be stored in "
        "such a way to enable the Data Controller to retrieve information relating to one "
        "or more individuals as easily as possible"
    ),
    Clause.SUBJECT_ACCESS: (
        "Requests for copies of telephone conversations made as Subject Access Requests "
        "under the UK GDPR must be notified in writing to the Practice immediately and, "
        "subject to assessment, he/she will request the call recording and arrange for "
        "the individual concerned to have access to hear the recording"
    ),
    Clause.OUTSIDE_BODY: (
        "In the case of a request from an external body in connection with the detection "
        "or prevention of crime e.g. the Police, the request should be forwarded to the "
        "Data Controller who will complete the request for a call recording"
    ),
    Clause.DISCIPLINARY: (
        "Requests for copies of telephone conversations as part of staff disciplinary "
        "processes will only be released with the written agreement of the Data "
        "Controller, or any other person authorised by the Data Controller, who will "
        "consult with the Data Controller before approval is granted"
    ),
    Clause.ENCRYPTED_AND_ARCHIVED: (
        "Recordings of calls will be encrypted and stored electronically in a secure "
        "environment. Call recordings will periodically be archived, in line with "
        "electronic and paper file archiving time scales, to external hard drives"
    ),
    Clause.RIGHTS: (
        "Call recording are 265bit encrypted and provide secure user password protected "
        "logon access control. Recordings can be quickly located using multiple search "
        "criteria to ensure UKGDPR requirements for Right to Access, Right to be "
        "Forgotten and Data Portability can be complied with"
    ),
    Clause.INFRINGEMENT: (
        "Any infringement of this Policy is considered by the Practice to be a serious "
        "offence and may result in disciplinary action. In the event that any member of "
        "staff feels he/she has accidentally breached the above policy will be required "
        "to inform their line manager immediately."
    ),
}
