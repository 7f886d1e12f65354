"""SES: mail that was accepted stays in the outbox."""

from typing import Any

from infra.local.emulator.durability.encoding import decode, encode
from infra.local.emulator.durability.journal import Journal
from infra.local.emulator.vendor import module, need, replace

ses = module("services.ses")
ses_v2 = module("services.ses_v2")
responses = module("core.responses")

ENTRIES = "entries"


class Outbox(list[Any]):
    """The mail sent from one account in one region."""

    journal: Journal

    def append(self, mail: Any) -> None:
        values = (responses.get_account_id(), responses.get_region(), encode(mail))
        self.journal.write([("INSERT INTO mail (account, region, mail) VALUES (?, ?, ?)", values)])
        super().append(mail)


def _outbox() -> list[Any]:
    outbox: list[Any] | None = ses._sent_emails.get(ENTRIES)
    if outbox is None:
        outbox = ses._sent_emails[ENTRIES] = Outbox()
    return outbox


def apply(journal: Journal) -> None:
    need(ses, "_sent_emails")
    Outbox.journal = journal
    for owner in (ses, ses_v2):
        replace(owner, "_sent_emails_list", lambda _: _outbox)


def restore(journal: Journal) -> None:
    for account, region, text in journal.read("SELECT account, region, mail FROM mail ORDER BY number"):
        outbox = ses._sent_emails.get_scoped(account, region, ENTRIES)
        if outbox is None:
            outbox = Outbox()
            ses._sent_emails.set_scoped(account, region, ENTRIES, outbox)
        list.append(outbox, decode(text))
