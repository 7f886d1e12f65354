"""What a customer is told of the outcome, in his language. Only of what was stopped does any of these texts say that it is cancelled."""

from collections.abc import Mapping
from typing import Final

from stopship.application.messages import Template
from stopship.domain.letter import Language
from stopship.frozen import frozen


@frozen
class OutcomeText:
    """``text`` knows {order} (the order's public number) and {money} (one sentence), ``subject`` the first of them."""

    subject: str
    text: str


_EN: Mapping[Template, OutcomeText] = {
    Template.STOPPED: OutcomeText(
        "Order {order} is cancelled",
        "Your order {order} is cancelled. The warehouse has confirmed that nothing will be sent.\n\n{money}\n",
    ),
    Template.PART_STOPPED: OutcomeText(
        "Part of order {order} is cancelled",
        "Part of your order {order} is cancelled and will not be sent. The rest of the order goes on.\n\n{money}\n",
    ),
    Template.MIXED: OutcomeText(
        "Order {order}: part of it is cancelled",
        "Part of your order {order} was stopped and is cancelled; another part had already left the warehouse.\n"
        "For the part that left we have opened a return.\n\n{money}\n",
    ),
    Template.SHIPPED: OutcomeText(
        "Order {order} had already left",
        "We tried to stop your order {order}, but it had already left the warehouse.\n"
        "You can send it back: we have opened a return for it, and you will get the details separately.\n",
    ),
    Template.LET_SHIP: OutcomeText(
        "Order {order} could not be stopped",
        "We could not stop your order {order}, so it goes on and will be delivered. If you do not want it, you can send it back.\n",
    ),
    Template.BLOCKED: OutcomeText(
        "Order {order} will not be delivered",
        "Your order {order} was stopped and will not be delivered.\n\n{money}\n",
    ),
    Template.SAVED: OutcomeText(
        "Order {order} goes on as changed",
        "As agreed, your order {order} goes on with the change that you asked for.\n",
    ),
    Template.WITHDRAWN: OutcomeText(
        "Order {order} goes on", "As you asked, we do not stop your order {order}: it goes on.\n"
    ),
    Template.CAME_BACK: OutcomeText(
        "Order {order} came back to us",
        "Your order {order} had already left the warehouse. We asked the carrier to bring it back, and it is with us again.\n\n{money}\n",
    ),
    Template.SOME_CAME_BACK: OutcomeText(
        "Order {order}: part of it came back to us",
        "Your order {order} had already left the warehouse. The carrier brought part of it back.\n"
        "For the part that went on we have opened a return.\n\n{money}\n",
    ),
}
_DE: Mapping[Template, OutcomeText] = {
    Template.STOPPED: OutcomeText(
        "Ihre Bestellung {order} ist storniert",
        "Ihre Bestellung {order} ist storniert. Das Lager hat bestätigt, dass nichts verschickt wird.\n\n{money}\n",
    ),
    Template.PART_STOPPED: OutcomeText(
        "Ein Teil Ihrer Bestellung {order} ist storniert",
        "Ein Teil Ihrer Bestellung {order} ist storniert und wird nicht verschickt. Der Rest der Bestellung läuft weiter.\n\n{money}\n",
    ),
    Template.MIXED: OutcomeText(
        "Ein Teil Ihrer Bestellung {order} ist storniert",
        "Ein Teil Ihrer Bestellung {order} wurde aufgehalten und ist storniert; ein anderer hatte das Lager schon verlassen.\n"
        "Für den Teil, der unterwegs ist, haben wir eine Rücksendung angelegt.\n\n{money}\n",
    ),
    Template.SHIPPED: OutcomeText(
        "Ihre Bestellung {order} war schon unterwegs",
        "Wir haben versucht, Ihre Bestellung {order} aufzuhalten, aber sie hatte das Lager schon verlassen.\n"
        "Sie können sie zurückschicken: Wir haben eine Rücksendung angelegt, und Sie bekommen alles Weitere mit einer eigenen Nachricht.\n",
    ),
    Template.LET_SHIP: OutcomeText(
        "Ihre Bestellung {order} ließ sich nicht aufhalten",
        "Wir konnten Ihre Bestellung {order} nicht aufhalten: Sie läuft weiter und wird geliefert. "
        "Wenn Sie sie nicht möchten, können Sie sie zurückschicken.\n",
    ),
    Template.BLOCKED: OutcomeText(
        "Ihre Bestellung {order} wird nicht geliefert",
        "Ihre Bestellung {order} wurde aufgehalten und wird nicht geliefert.\n\n{money}\n",
    ),
    Template.SAVED: OutcomeText(
        "Ihre Bestellung {order} läuft geändert weiter",
        "Wie vereinbart läuft Ihre Bestellung {order} mit der Änderung weiter, um die Sie gebeten haben.\n",
    ),
    Template.WITHDRAWN: OutcomeText(
        "Ihre Bestellung {order} läuft weiter",
        "Wie Sie es wünschen, halten wir Ihre Bestellung {order} nicht auf: Sie läuft weiter.\n",
    ),
    Template.CAME_BACK: OutcomeText(
        "Ihre Bestellung {order} ist wieder bei uns",
        "Ihre Bestellung {order} hatte das Lager schon verlassen. Wir haben den Versanddienst gebeten, sie zurückzubringen, und sie ist wieder "
        "bei uns.\n\n{money}\n",
    ),
    Template.SOME_CAME_BACK: OutcomeText(
        "Ein Teil Ihrer Bestellung {order} ist wieder bei uns",
        "Ihre Bestellung {order} hatte das Lager schon verlassen. Der Versanddienst hat einen Teil zurückgebracht.\n"
        "Für den Teil, der weiter unterwegs ist, haben wir eine Rücksendung angelegt.\n\n{money}\n",
    ),
}
_FR: Mapping[Template, OutcomeText] = {
    Template.STOPPED: OutcomeText(
        "Votre commande {order} est annulée",
        "Votre commande {order} est annulée. L'entrepôt a confirmé que rien ne sera expédié.\n\n{money}\n",
    ),
    Template.PART_STOPPED: OutcomeText(
        "Une partie de votre commande {order} est annulée",
        "Une partie de votre commande {order} est annulée et ne sera pas expédiée. Le reste de la commande suit son cours.\n\n{money}\n",
    ),
    Template.MIXED: OutcomeText(
        "Une partie de votre commande {order} est annulée",
        "Une partie de votre commande {order} a été arrêtée et est annulée ; une autre avait déjà quitté l'entrepôt.\n"
        "Pour la partie qui est partie, nous avons ouvert un retour.\n\n{money}\n",
    ),
    Template.SHIPPED: OutcomeText(
        "Votre commande {order} était déjà partie",
        "Nous avons essayé d'arrêter votre commande {order}, mais elle avait déjà quitté l'entrepôt.\n"
        "Vous pouvez la renvoyer : nous avons ouvert un retour, et vous en recevrez les détails séparément.\n",
    ),
    Template.LET_SHIP: OutcomeText(
        "Votre commande {order} n'a pas pu être arrêtée",
        "Nous n'avons pas pu arrêter votre commande {order} : elle suit son cours et sera livrée. "
        "Si vous n'en voulez pas, vous pouvez la renvoyer.\n",
    ),
    Template.BLOCKED: OutcomeText(
        "Votre commande {order} ne sera pas livrée",
        "Votre commande {order} a été arrêtée et ne sera pas livrée.\n\n{money}\n",
    ),
    Template.SAVED: OutcomeText(
        "Votre commande {order} suit son cours, modifiée",
        "Comme convenu, votre commande {order} suit son cours avec la modification que vous avez demandée.\n",
    ),
    Template.WITHDRAWN: OutcomeText(
        "Votre commande {order} suit son cours",
        "Comme vous le souhaitez, nous n'arrêtons pas votre commande {order} : elle suit son cours.\n",
    ),
    Template.CAME_BACK: OutcomeText(
        "Votre commande {order} est revenue chez nous",
        "Votre commande {order} avait déjà quitté l'entrepôt. Nous avons demandé au transporteur de la rapporter, et elle est de nouveau chez "
        "nous.\n\n{money}\n",
    ),
    Template.SOME_CAME_BACK: OutcomeText(
        "Une partie de votre commande {order} est revenue chez nous",
        "Votre commande {order} avait déjà quitté l'entrepôt. Le transporteur en a rapporté une partie.\n"
        "Pour la partie qui a continué, nous avons ouvert un retour.\n\n{money}\n",
    ),
}
TEXTS: Final[Mapping[Language, Mapping[Template, OutcomeText]]] = {
    Language.EN: _EN,
    Language.DE: _DE,
    Language.FR: _FR,
}

MONEY: Final[Mapping[Language, Mapping[str, str]]] = {
    Language.EN: {
        "refunded": "The amount is on its way back to the payment method that you used.",
        "voided": "You have not been charged: the reservation on your payment method is released.",
        "not_captured": "You are charged only for what is sent.",
        "paid_back_by_others": "The amount was already paid back.",
    },
    Language.DE: {
        "refunded": "Der Betrag ist auf dem Weg zurück zu dem Zahlungsmittel, mit dem Sie bezahlt haben.",
        "voided": "Es wurde nichts abgebucht: Die Reservierung auf Ihrem Zahlungsmittel ist aufgehoben.",
        "not_captured": "Berechnet wird nur, was verschickt wird.",
        "paid_back_by_others": "Der Betrag wurde schon zurückgezahlt.",
    },
    Language.FR: {
        "refunded": "Le montant est en cours de remboursement sur le moyen de paiement que vous avez utilisé.",
        "voided": "Rien n'a été débité : la réservation sur votre moyen de paiement est levée.",
        "not_captured": "Seul ce qui est expédié vous est facturé.",
        "paid_back_by_others": "Le montant a déjà été remboursé.",
    },
}


def outcome_text(template: Template, language: Language, order: str, why: str) -> OutcomeText:
    """Filled in. ``why`` is how the money was settled; where there is nothing true to say about that, nothing is said."""
    text, money = TEXTS[language][template], MONEY[language].get(why, "")
    return OutcomeText(text.subject.format(order=order), text.text.format(order=order, money=money))
