"""What the pages say, in each language. Nothing here promises more than that a wish was received."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "language": "English",
        "title": "Withdraw from the contract or cancel an order",
        "intro": "With this form you tell {shop} that you do not want an order any more. You need no account and give no reason.",
        "any_time": "You can use it at any time, also after the order was sent.",
        "shipped": (
            "If the order has already left the warehouse, it can no longer be stopped. Your message then counts as a withdrawal, "
            "and we open a return for you."
        ),
        "order": "Order number",
        "order_hint": "It is in the order confirmation, for example #1001.",
        "order_wrong": "Enter the order number: letters, digits, and the signs . _ - and # in front.",
        "email": "E-mail address of the order",
        "email_hint": "We send the confirmation of receipt there.",
        "email_wrong": "Enter the e-mail address that you ordered with.",
        "name": "Your name (may be left out)",
        "name_wrong": "Enter a name of up to 200 characters.",
        "next": "Withdraw from the contract here",
        "wrong": "Something is missing",
        "expired": "Too much time has passed, or the form was changed. Nothing was sent. Please check what you entered and send it again.",
        "summary": "Please confirm",
        "summary_intro": "Nothing has been sent yet. With the button below you send this statement to {shop}:",
        "statement": "I do not want order {order} any more: cancel it, and where it was sent already, I withdraw from the contract.",
        "confirm": "Confirm withdrawal",
        "back": "Change something",
        "received": "We have received your statement",
        "received_intro": "This page is your confirmation of receipt. Please print or save it.",
        "received_at": "Received on",
        "reference": "Reference",
        "content": "Your statement",
        "received_next": (
            "Nothing is cancelled yet. We now find out what can still be stopped, and tell you by e-mail what came of it. If the "
            "e-mail address is the one on the order, the confirmation of receipt comes there as well."
        ),
        "not_found": "There is no form here",
        "not_found_text": "Please use the link in the shop where you ordered.",
        "failed": "Your statement could not be taken",
        "failed_text": "Nothing was sent. Please go back and try again in a moment.",
        "unreadable": "This could not be read",
        "unreadable_text": "Nothing was sent. Please open the form again and use its buttons.",
    },
    "de": {
        "language": "Deutsch",
        "title": "Vertrag widerrufen oder Bestellung stornieren",
        "intro": "Mit diesem Formular teilen Sie {shop} mit, dass Sie eine Bestellung nicht mehr möchten. Sie brauchen kein Konto und keinen Grund.",
        "any_time": "Sie können es jederzeit nutzen, auch nachdem die Bestellung verschickt wurde.",
        "shipped": (
            "Hat die Bestellung das Lager schon verlassen, lässt sie sich nicht mehr aufhalten. Ihre Mitteilung gilt dann als "
            "Widerruf, und wir legen eine Rücksendung für Sie an."
        ),
        "order": "Bestellnummer",
        "order_hint": "Sie steht in der Bestellbestätigung, zum Beispiel #1001.",
        "order_wrong": "Geben Sie die Bestellnummer ein: Buchstaben, Ziffern und die Zeichen . _ - sowie # am Anfang.",
        "email": "E-Mail-Adresse der Bestellung",
        "email_hint": "Dorthin senden wir die Eingangsbestätigung.",
        "email_wrong": "Geben Sie die E-Mail-Adresse ein, mit der Sie bestellt haben.",
        "name": "Ihr Name (freiwillig)",
        "name_wrong": "Geben Sie einen Namen mit höchstens 200 Zeichen ein.",
        "next": "Vertrag widerrufen",
        "wrong": "Es fehlt noch etwas",
        "expired": "Es ist zu viel Zeit vergangen, oder das Formular wurde verändert. Es wurde nichts gesendet. Bitte prüfen Sie Ihre Angaben und senden Sie sie erneut.",
        "summary": "Bitte bestätigen",
        "summary_intro": "Es wurde noch nichts gesendet. Mit der Schaltfläche unten senden Sie {shop} diese Erklärung:",
        "statement": "Ich möchte die Bestellung {order} nicht mehr: Stornieren Sie sie, und soweit sie schon verschickt ist, widerrufe ich den Vertrag.",
        "confirm": "Widerruf bestätigen",
        "back": "Angaben ändern",
        "received": "Wir haben Ihre Erklärung erhalten",
        "received_intro": "Diese Seite ist Ihre Eingangsbestätigung. Bitte drucken oder speichern Sie sie.",
        "received_at": "Eingegangen am",
        "reference": "Vorgangsnummer",
        "content": "Ihre Erklärung",
        "received_next": (
            "Noch ist nichts storniert. Wir klären jetzt, was sich noch aufhalten lässt, und schreiben Ihnen, was daraus geworden "
            "ist. Ist die E-Mail-Adresse die der Bestellung, kommt die Eingangsbestätigung auch dorthin."
        ),
        "not_found": "Hier ist kein Formular",
        "not_found_text": "Bitte nutzen Sie den Link in dem Shop, in dem Sie bestellt haben.",
        "failed": "Ihre Erklärung konnte nicht angenommen werden",
        "failed_text": "Es wurde nichts gesendet. Bitte gehen Sie zurück und versuchen Sie es gleich noch einmal.",
        "unreadable": "Das war nicht lesbar",
        "unreadable_text": "Es wurde nichts gesendet. Bitte öffnen Sie das Formular erneut und nutzen Sie seine Schaltflächen.",
    },
    "fr": {
        "language": "Français",
        "title": "Se rétracter du contrat ou annuler une commande",
        "intro": "Par ce formulaire, vous indiquez à {shop} que vous ne voulez plus d'une commande. Ni compte ni motif ne sont nécessaires.",
        "any_time": "Vous pouvez l'utiliser à tout moment, même après l'expédition de la commande.",
        "shipped": (
            "Si la commande a déjà quitté l'entrepôt, elle ne peut plus être arrêtée. Votre message vaut alors rétractation, et "
            "nous ouvrons un retour pour vous."
        ),
        "order": "Numéro de commande",
        "order_hint": "Il figure dans la confirmation de commande, par exemple #1001.",
        "order_wrong": "Saisissez le numéro de commande : lettres, chiffres et les signes . _ - ainsi que # au début.",
        "email": "Adresse e-mail de la commande",
        "email_hint": "Nous y envoyons l'accusé de réception.",
        "email_wrong": "Saisissez l'adresse e-mail utilisée pour la commande.",
        "name": "Votre nom (facultatif)",
        "name_wrong": "Saisissez un nom de 200 caractères au plus.",
        "next": "Se rétracter du contrat ici",
        "wrong": "Il manque quelque chose",
        "expired": "Trop de temps s'est écoulé, ou le formulaire a été modifié. Rien n'a été envoyé. Vérifiez votre saisie et envoyez-la de nouveau.",
        "summary": "Veuillez confirmer",
        "summary_intro": "Rien n'a encore été envoyé. Le bouton ci-dessous envoie cette déclaration à {shop} :",
        "statement": "Je ne veux plus de la commande {order} : annulez-la et, pour ce qui a déjà été expédié, je me rétracte du contrat.",
        "confirm": "Confirmer la rétractation",
        "back": "Modifier la saisie",
        "received": "Nous avons reçu votre déclaration",
        "received_intro": "Cette page est votre accusé de réception. Imprimez-la ou enregistrez-la.",
        "received_at": "Reçue le",
        "reference": "Référence",
        "content": "Votre déclaration",
        "received_next": (
            "Rien n'est encore annulé. Nous cherchons maintenant ce qui peut encore être arrêté et vous écrirons ce qu'il en est. "
            "Si l'adresse e-mail est celle de la commande, l'accusé de réception y arrive aussi."
        ),
        "not_found": "Il n'y a pas de formulaire ici",
        "not_found_text": "Utilisez le lien de la boutique où vous avez commandé.",
        "failed": "Votre déclaration n'a pas pu être prise",
        "failed_text": "Rien n'a été envoyé. Revenez en arrière et réessayez dans un instant.",
        "unreadable": "Ceci n'a pas pu être lu",
        "unreadable_text": "Rien n'a été envoyé. Ouvrez de nouveau le formulaire et utilisez ses boutons.",
    },
}


def statement(language: str, order: str) -> str:
    """What the customer declares, word for word: shown, kept, and sent back."""
    return TEXTS[language]["statement"].format(order=order)
