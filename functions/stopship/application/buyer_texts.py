"""What a marketplace's buyer is told, in each language that we write. No links, no HTML, no address: marketplaces refuse them."""

from collections.abc import Mapping
from typing import Final

from stopship.application.messages import Template
from stopship.domain.letter import Language

ASK_OFFICIAL: Final = "ask_official_request"

_EN: Mapping[str, str] = {
    ASK_OFFICIAL: "You asked us to cancel your order {order}. Amazon needs this request from you: open Your Orders, choose the order and "
    "select Request cancellation. We hold the order back and will answer your request there.",
    Template.STOPPED: "Your order {order} is cancelled. Nothing of it will be sent.",
    Template.PART_STOPPED: "Part of your order {order} is cancelled and will not be sent. The rest of the order goes on.",
    Template.MIXED: "Part of your order {order} is cancelled. Another part had already left: if you do not want it, open Your Orders and "
    "select Return or replace items.",
    Template.SHIPPED: "We tried to stop your order {order}, but it had already left. If you do not want it, open Your Orders and select "
    "Return or replace items.",
    Template.LET_SHIP: "We could not stop your order {order}, so it goes on and will be delivered. If you do not want it, open Your Orders "
    "and select Return or replace items.",
    Template.BLOCKED: "Your order {order} was stopped and will not be delivered.",
    Template.SAVED: "As agreed, your order {order} goes on with the change that you asked for.",
    Template.WITHDRAWN: "As you asked, we do not stop your order {order}: it goes on.",
    Template.CAME_BACK: "Your order {order} had already left. The carrier has brought it back, and it is with us again.",
    Template.SOME_CAME_BACK: "Your order {order} had already left. The carrier has brought part of it back. If you do not want the rest, open "
    "Your Orders and select Return or replace items.",
}
_DE: Mapping[str, str] = {
    ASK_OFFICIAL: "Sie haben uns gebeten, Ihre Bestellung {order} zu stornieren. Amazon braucht diesen Wunsch von Ihnen selbst: Öffnen Sie "
    "Meine Bestellungen, wählen Sie die Bestellung und fordern Sie dort die Stornierung an. Wir halten die Bestellung zurück und "
    "antworten Ihnen dort.",
    Template.STOPPED: "Ihre Bestellung {order} ist storniert. Es wird nichts davon verschickt.",
    Template.PART_STOPPED: "Ein Teil Ihrer Bestellung {order} ist storniert und wird nicht verschickt. Der Rest der Bestellung läuft weiter.",
    Template.MIXED: "Ein Teil Ihrer Bestellung {order} ist storniert. Ein anderer war schon unterwegs: Wenn Sie ihn nicht möchten, können Sie "
    "ihn unter Meine Bestellungen zurückgeben.",
    Template.SHIPPED: "Wir haben versucht, Ihre Bestellung {order} aufzuhalten, aber sie war schon unterwegs. Wenn Sie sie nicht möchten, "
    "können Sie sie unter Meine Bestellungen zurückgeben.",
    Template.LET_SHIP: "Wir konnten Ihre Bestellung {order} nicht aufhalten: Sie läuft weiter und wird geliefert. Wenn Sie sie nicht möchten, "
    "können Sie sie unter Meine Bestellungen zurückgeben.",
    Template.BLOCKED: "Ihre Bestellung {order} wurde aufgehalten und wird nicht geliefert.",
    Template.SAVED: "Wie vereinbart läuft Ihre Bestellung {order} mit der Änderung weiter, um die Sie gebeten haben.",
    Template.WITHDRAWN: "Wie Sie es wünschen, halten wir Ihre Bestellung {order} nicht auf: Sie läuft weiter.",
    Template.CAME_BACK: "Ihre Bestellung {order} war schon unterwegs. Der Versanddienst hat sie zurückgebracht, und sie ist wieder bei uns.",
    Template.SOME_CAME_BACK: "Ihre Bestellung {order} war schon unterwegs. Der Versanddienst hat einen Teil zurückgebracht. Wenn Sie den Rest "
    "nicht möchten, können Sie ihn unter Meine Bestellungen zurückgeben.",
}
_FR: Mapping[str, str] = {
    ASK_OFFICIAL: "Vous nous avez demandé d'annuler votre commande {order}. Amazon a besoin que cette demande vienne de vous : ouvrez Vos "
    "commandes, choisissez la commande et demandez-y son annulation. Nous retenons la commande et vous répondrons là.",
    Template.STOPPED: "Votre commande {order} est annulée. Rien n'en sera expédié.",
    Template.PART_STOPPED: "Une partie de votre commande {order} est annulée et ne sera pas expédiée. Le reste de la commande suit son cours.",
    Template.MIXED: "Une partie de votre commande {order} est annulée. Une autre était déjà partie : si vous n'en voulez pas, vous pouvez la "
    "retourner depuis Vos commandes.",
    Template.SHIPPED: "Nous avons essayé d'arrêter votre commande {order}, mais elle était déjà partie. Si vous n'en voulez pas, vous pouvez "
    "la retourner depuis Vos commandes.",
    Template.LET_SHIP: "Nous n'avons pas pu arrêter votre commande {order} : elle suit son cours et sera livrée. Si vous n'en voulez pas, vous "
    "pouvez la retourner depuis Vos commandes.",
    Template.BLOCKED: "Votre commande {order} a été arrêtée et ne sera pas livrée.",
    Template.SAVED: "Comme convenu, votre commande {order} suit son cours avec la modification que vous avez demandée.",
    Template.WITHDRAWN: "Comme vous le souhaitez, nous n'arrêtons pas votre commande {order} : elle suit son cours.",
    Template.CAME_BACK: "Votre commande {order} était déjà partie. Le transporteur l'a rapportée, et elle est de nouveau chez nous.",
    Template.SOME_CAME_BACK: "Votre commande {order} était déjà partie. Le transporteur en a rapporté une partie. Si vous ne voulez pas du "
    "reste, vous pouvez le retourner depuis Vos commandes.",
}
TEXTS: Final[Mapping[Language, Mapping[str, str]]] = {Language.EN: _EN, Language.DE: _DE, Language.FR: _FR}


def buyer_texts(template: str, order_ref: str) -> dict[str, str]:
    """The message by language, filled in: only the marketplace knows which one the buyer reads."""
    return {language: texts[template].format(order=order_ref) for language, texts in TEXTS.items()}
