"""What the writer of a mail is told at once, in his language. None of these texts says that anything is cancelled: that is an outcome's to say.

None uses a word for cancelling either: a machine that sends one of them back has not asked for anything.
"""

from collections.abc import Mapping
from enum import StrEnum

from stopship.domain.letter import Language
from stopship.frozen import frozen


class MailTemplate(StrEnum):
    RECEIVED = "mail_received"
    WHICH_ORDER = "mail_which_order"
    WHOLE_ORDER = "mail_whole_order"
    IS_IT_YOU = "mail_is_it_you"
    """To the address on the order, when somebody else asked, or somebody who may be somebody else."""


@frozen
class MailText:
    """Both know {order}, the order's public number; the question which order it is about names none."""

    subject: str
    text: str


_EN: Mapping[MailTemplate, MailText] = {
    MailTemplate.RECEIVED: MailText(
        "We have your request about order {order}",
        "We have received what you wish for order {order}, and are finding out whether it can still be stopped.\n"
        "Nothing has been decided yet. You will hear from us again as soon as we know.\n",
    ),
    MailTemplate.WHICH_ORDER: MailText(
        "Which order is it about?",
        "We have received your message, and could not tell from it which order it is about. Nothing has been done yet.\n\n"
        "If one of your orders is to be stopped as a whole, please answer this message with the number of that order, and nothing else.\n",
    ),
    MailTemplate.WHOLE_ORDER: MailText(
        "Your message about order {order}",
        "We have received your message about order {order}, and are not sure what you wish. Nothing has been done yet.\n\n"
        "If the whole order is to be stopped, please answer this message with: yes\n"
        "For anything else somebody will read your message.\n",
    ),
    MailTemplate.IS_IT_YOU: MailText(
        "Did you ask us to stop order {order}?",
        "Somebody has asked us by e-mail to stop your order {order}, and we cannot be sure that it was you. Nothing has been done yet.\n\n"
        "If it was you, please answer this message with: yes\n"
        "If it was not, there is nothing for you to do: your order goes on.\n",
    ),
}
_DE: Mapping[MailTemplate, MailText] = {
    MailTemplate.RECEIVED: MailText(
        "Ihre Nachricht zur Bestellung {order} ist da",
        "Ihr Wunsch zur Bestellung {order} ist bei uns angekommen. Wir klären, ob sie sich noch aufhalten lässt.\n"
        "Entschieden ist noch nichts. Sobald wir es wissen, hören Sie wieder von uns.\n",
    ),
    MailTemplate.WHICH_ORDER: MailText(
        "Um welche Bestellung geht es?",
        "Ihre Nachricht ist angekommen, aber wir können ihr nicht entnehmen, um welche Bestellung es geht. Es ist noch nichts geschehen.\n\n"
        "Wenn eine Ihrer Bestellungen ganz aufgehalten werden soll, antworten Sie bitte auf diese Nachricht nur mit der Nummer dieser Bestellung.\n",
    ),
    MailTemplate.WHOLE_ORDER: MailText(
        "Ihre Nachricht zur Bestellung {order}",
        "Ihre Nachricht zur Bestellung {order} ist angekommen, aber wir sind nicht sicher, was Sie wünschen. Es ist noch nichts geschehen.\n\n"
        "Wenn die ganze Bestellung aufgehalten werden soll, antworten Sie bitte auf diese Nachricht mit: ja\n"
        "Alles andere liest ein Mensch.\n",
    ),
    MailTemplate.IS_IT_YOU: MailText(
        "Haben Sie uns gebeten, die Bestellung {order} aufzuhalten?",
        "Jemand hat uns per E-Mail gebeten, Ihre Bestellung {order} aufzuhalten, und wir können nicht sicher sein, dass Sie es waren. "
        "Es ist noch nichts geschehen.\n\n"
        "Wenn Sie es waren, antworten Sie bitte auf diese Nachricht mit: ja\n"
        "Wenn nicht, brauchen Sie nichts zu tun: Ihre Bestellung läuft weiter.\n",
    ),
}
_FR: Mapping[MailTemplate, MailText] = {
    MailTemplate.RECEIVED: MailText(
        "Votre demande au sujet de la commande {order}",
        "Nous avons bien reçu votre demande au sujet de la commande {order} et vérifions si elle peut encore être arrêtée.\n"
        "Rien n'est décidé pour l'instant. Nous vous écrirons dès que nous le saurons.\n",
    ),
    MailTemplate.WHICH_ORDER: MailText(
        "De quelle commande s'agit-il ?",
        "Nous avons bien reçu votre message, mais il ne nous dit pas de quelle commande il s'agit. Rien n'a encore été fait.\n\n"
        "Si l'une de vos commandes doit être arrêtée entièrement, répondez à ce message par le numéro de cette commande, sans rien d'autre.\n",
    ),
    MailTemplate.WHOLE_ORDER: MailText(
        "Votre message au sujet de la commande {order}",
        "Nous avons bien reçu votre message au sujet de la commande {order}, mais nous ne sommes pas sûrs de ce que vous souhaitez. "
        "Rien n'a encore été fait.\n\n"
        "Si toute la commande doit être arrêtée, répondez à ce message par : oui\n"
        "Pour toute autre demande, quelqu'un lira votre message.\n",
    ),
    MailTemplate.IS_IT_YOU: MailText(
        "Avez-vous demandé d'arrêter la commande {order} ?",
        "Quelqu'un nous a demandé par e-mail d'arrêter votre commande {order}, et nous ne pouvons pas être sûrs que c'était vous. "
        "Rien n'a encore été fait.\n\n"
        "Si c'était vous, répondez à ce message par : oui\n"
        "Sinon, vous n'avez rien à faire : votre commande suit son cours.\n",
    ),
}
TEXTS: Mapping[Language, Mapping[MailTemplate, MailText]] = {Language.EN: _EN, Language.DE: _DE, Language.FR: _FR}
