"""The nouns of the domain: frozen values, pure functions, the standard library only."""

from saksi.model.canonical import Json, JsonObject, canonical, parse_canonical
from saksi.model.document import Document
from saksi.model.errors import BadInput, LedgerFault, NotAllowed, NotFound, NotReady, PeerFault, ReadOnly, SaksiError, Unproved
from saksi.model.grade import Grade
from saksi.model.judgement import Judgement, Verdict
from saksi.model.locator import Locator
from saksi.model.marking import Marking, Pap, Tlp, strictest
from saksi.model.release import ALL_GROUPS, NOTHING, Reader, release
from saksi.model.source import Source
from saksi.model.statement import GROUPS, Amendment, Asserter, Content, Extraction, Op, Statement, Value, check_ref
from saksi.model.vocabulary import ACCUSING_ROLES, OUTCOMES, RECORDS, ROLES, SAFE_KINDS, SCHEMATA

__all__ = [
    "ACCUSING_ROLES",
    "ALL_GROUPS",
    "GROUPS",
    "NOTHING",
    "OUTCOMES",
    "RECORDS",
    "ROLES",
    "SAFE_KINDS",
    "SCHEMATA",
    "Amendment",
    "Asserter",
    "BadInput",
    "Content",
    "Document",
    "Extraction",
    "Grade",
    "Json",
    "JsonObject",
    "Judgement",
    "LedgerFault",
    "Locator",
    "Marking",
    "NotAllowed",
    "NotFound",
    "NotReady",
    "Op",
    "Pap",
    "PeerFault",
    "ReadOnly",
    "Reader",
    "SaksiError",
    "Source",
    "Statement",
    "Tlp",
    "Unproved",
    "Value",
    "Verdict",
    "canonical",
    "check_ref",
    "parse_canonical",
    "release",
    "strictest",
]
