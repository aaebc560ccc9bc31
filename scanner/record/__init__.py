"""The record: the only room that speaks SQL. This is what others may import from it.

`Record` does one thing in one transaction. `scanner.intake.commit` composes the functions of
`outcomes` and `events` in a transaction of its own.
"""

from scanner.record.access_methods import SignedIn
from scanner.record.accounted import AccountedSheet, AtTarget, Figure, FoundSheet
from scanner.record.accounting import SheetCount
from scanner.record.accounts import Account, NewAccount
from scanner.record.audit_chain import Anchor, AuditEntry
from scanner.record.case_ledger import CaseChange, CaseImport
from scanner.record.case_story import CaseLine, CaseMeeting, CaseSheet, CaseStory
from scanner.record.copying import RecordCopy
from scanner.record.counts import Counts
from scanner.record.database import Transaction, is_central
from scanner.record.deliveries import Batch
from scanner.record.delivery_leases import Lease, LeaseLostError
from scanner.record.delivery_methods import Sending
from scanner.record.delivery_status import TargetStatus
from scanner.record.events import ChangedMeanwhileError, EventKind, ItemState, MissingReason
from scanner.record.migrate import refuse_unknown as refuse_unknown_schema
from scanner.record.names import escaped_name
from scanner.record.outcomes import PageKind, PageOutcomeSeen, Standing
from scanner.record.overview import Overview
from scanner.record.page_waits import WordKind
from scanner.record.purging import KeptCrops, KeptPicture, KeptScan, Terms
from scanner.record.reconcile import ReconcileRow, SheetCounts, TargetCounts
from scanner.record.record import Record, sheet_lookup
from scanner.record.results import OutstandingRow, RefusedRow, ResultRow
from scanner.record.review_queue import SecondOpinion, SeenLine, SeenMark, WaitingMark
from scanner.record.scans import Attempt, FinishedFile, ScanFile, Sighting, TakenFile, UnfinishedFile
from scanner.record.second_looks import Agreement, Agreements, BlindLook
from scanner.record.seen_pages import PageWord, SeenPage
from scanner.record.sheet_lists import ListedSheet
from scanner.record.sheets import NewSheet
from scanner.record.sign_in_failures import Failures
from scanner.record.story import SheetScan, SheetStory, StoredReading
from scanner.record.verify import AuditCheck, AuditFault, AuditTrouble
from scanner.record.web_sessions import SessionStage, SignInWay, WebSession

__all__ = [
    "Account",
    "AccountedSheet",
    "Agreement",
    "Agreements",
    "Anchor",
    "AtTarget",
    "Attempt",
    "AuditCheck",
    "AuditEntry",
    "AuditFault",
    "AuditTrouble",
    "Batch",
    "BlindLook",
    "CaseChange",
    "CaseImport",
    "CaseLine",
    "CaseMeeting",
    "CaseSheet",
    "CaseStory",
    "ChangedMeanwhileError",
    "Counts",
    "EventKind",
    "Failures",
    "Figure",
    "FinishedFile",
    "FoundSheet",
    "ItemState",
    "KeptCrops",
    "KeptPicture",
    "KeptScan",
    "Lease",
    "LeaseLostError",
    "ListedSheet",
    "MissingReason",
    "NewAccount",
    "NewSheet",
    "OutstandingRow",
    "Overview",
    "PageKind",
    "PageOutcomeSeen",
    "PageWord",
    "ReconcileRow",
    "Record",
    "RecordCopy",
    "RefusedRow",
    "ResultRow",
    "ScanFile",
    "SecondOpinion",
    "SeenLine",
    "SeenMark",
    "SeenPage",
    "Sending",
    "SessionStage",
    "SheetCount",
    "SheetCounts",
    "SheetScan",
    "SheetStory",
    "Sighting",
    "SignInWay",
    "SignedIn",
    "Standing",
    "StoredReading",
    "TakenFile",
    "TargetCounts",
    "TargetStatus",
    "Terms",
    "Transaction",
    "UnfinishedFile",
    "WaitingMark",
    "WebSession",
    "WordKind",
    "escaped_name",
    "is_central",
    "refuse_unknown_schema",
    "sheet_lookup",
]
