"""The words that nearly every statement holds, so that a small sealed block need not spell them out.

Part of the vault's format: a change of one byte makes older blocks unreadable, so a new list gets a new version of the
frame (`saksi.ledger.frame.VERSION`) and the old one stays. What is used most stands last, where it is cheapest to point at.
"""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS = (
    b'"op":"retract","prev":"reinstate"regrade"relabel"expire"propose"confirm"reject","reason":"","target":"'
    b'{"extraction":{"confidence":"0.","tool":"","version":"1."}'
    b'"polarity":"deny","prop":"record","schema":"Judgement"ActionRequest"Receipt"Claim"Movement"ScamSite"Company"Person"'
    b'impersonated"spoofed"compromised"victim-own"sanctioned"benign"shared"reserved"'
    b'{"column":"","pointer":"/","row":{"end":,"label":"","page":1,"start":}'
    b"account:KH:account:TH:account:VN:wallet:btc:wallet:eth:wallet:tron:email:handle:telegram:ip:url:https://"
    b'{"entity":"wallet:","op":"assert","polarity":"affirm","prop":"label","schema":"CryptoWallet","value":"'
    b'{"entity":"host:","op":"assert","polarity":"affirm","prop":"safeListed","schema":"WebSite","value":"infrastructure"}'
    b'{"entity":"report:","op":"assert","polarity":"affirm","prop":"record","schema":"VictimReport","value":{"amount":"",'
    b'"channel":"","country":"","currency":"USD","happened":"20","language":"en","narrative":"","reference":"",'
    b'"reported":"20","synthetic":true,"typology":""}}'
    b'{"entity":"report:","op":"assert","polarity":"affirm","prop":"record","schema":"Transfer","value":{"amount":"","at":"20'
    b'","currency":"","payee":"account:","payer":"","rail":"","reference":"","report":"report:"}}'
    b'","op":"assert","original":"","polarity":"affirm","prop":"outcome","schema":"EmailAddress"Handle"PaymentProxy"'
    b'","op":"assert","original":"","polarity":"affirm","prop":"typology","schema":"VictimReport","value":"'
    b'","op":"assert","original":"","polarity":"affirm","prop":"reportedIn","schema":"PhoneNumber","value":"report:'
    b'","op":"assert","original":"","polarity":"affirm","prop":"role","schema":"BankAccount","valid_from":"2026-,"value":"'
    b'suspected-mule"}confirmed-mule"}recipient"}'
    b'{"entity":"account:","lang":"km","op":"assert","original":"'
    b'{"entity":"phone:+855","op":"assert","original":"","polarity":"affirm","prop":"role","schema":"PhoneNumber","value":"'
    b'","published":"202","publisher":"","quote":"","series":"","title":"","uri":"https://file:"}'
    b'{"digest":"","locator":{"column":"account","row":1{"column":"phone","row":'
    b'{"analyst":"analyst-","asserted_at":"2026-0T00:00:00Z","authority":"","credibility":2,"reliability":"B"}'
    b'{"audience":["","legal_basis":"","pap":"RED"CLEAR"GREEN"AMBER","purpose":"","retain_until":"20-12-31","tlp":"AMBER+STRICT"}'
)
