"""Requests to act, as a pure state machine: two half-machines, one table of crossings, and the rules that protect people."""

from saksi.actions.advance import begun, folded, taken
from saksi.actions.crossing import CROSSINGS, Crossing
from saksi.actions.deadline import Clock, Due, clock, held_for
from saksi.actions.half import Mine, Theirs
from saksi.actions.history import History, missing
from saksi.actions.kind import OFFENCES, REFUSALS, RULES, Kind, Party, Rule, Urgency
from saksi.actions.money import Money
from saksi.actions.offer import Offer, awaited, offers
from saksi.actions.request import PROTECTED, Ground, Recipient, Request, Target
from saksi.actions.step import FIRST, Step, Word
from saksi.model.actor import COURIER, Actor, Role

__all__ = [
    "COURIER", "CROSSINGS", "FIRST", "OFFENCES", "PROTECTED", "REFUSALS", "RULES", "Actor", "Clock", "Crossing", "Due", "Ground", "History",
    "Kind", "Mine", "Money", "Offer", "Party", "Recipient", "Request", "Role", "Rule", "Step", "Target", "Theirs", "Urgency", "Word",
    "awaited", "begun", "clock", "folded", "held_for", "missing", "offers", "taken",
]  # fmt: skip
