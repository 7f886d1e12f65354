"""What the mail and the page say, in three languages. A text in braces is filled in."""

from collections.abc import Mapping

from stopship.frozen import frozen

DEFAULT = "en"


@frozen
class Texts:
    subject: str
    ask: str
    """Knows {order} and {until}."""
    nothing_else: str
    again: str
    reminder_subject: str
    """Goes before the subject."""
    reminder: str
    mail_stopped: str
    mail_too_late: str
    mail_partly: str
    mail_how: str
    page_title: str
    page_asked: str
    page_until: str
    article: str
    quantity: str
    stopped: str
    stopped_explained: str
    too_late: str
    too_late_explained: str
    partly: str
    partly_explained: str
    handed_over: str
    held_back: str
    name: str
    confirm: str
    send: str
    thanks: str
    thanks_late: str
    used: str
    expired: str
    invalid: str
    method: str
    too_large: str
    failed: str
    wrong: Mapping[str, str]
    """By the name of the field."""


TEXTS: Mapping[str, Texts] = {
    "en": Texts(
        subject="Please stop order {order}",
        ask="Please do not ship order {order}. Take these goods out of the work and hold them back:",
        nothing_else="Please answer by {until} with one of these links:",
        again="You may have had this message before. It is the same request: one answer is enough.",
        reminder_subject="Reminder: ",
        reminder="We have had no answer from you yet. It is the same request, and the same links: one answer is enough.",
        mail_stopped="Stopped, nothing leaves",
        mail_too_late="Too late",
        mail_partly="Only part of it could be stopped",
        mail_how="Opening a link changes nothing yet: the page behind it asks for your name and your confirmation.",
        page_title="Order {order}",
        page_asked="You were asked not to ship these goods:",
        page_until="An answer is expected by {until}.",
        article="Article",
        quantity="Quantity",
        stopped="Stopped",
        stopped_explained="Nothing of it will leave: the goods are held back, or never came to us.",
        too_late="Too late",
        too_late_explained="It can no longer be stopped.",
        partly="Partly stopped",
        partly_explained="Only the quantities that you enter here are held back; the rest goes on.",
        handed_over="A carrier already has the goods.",
        held_back="Held back",
        name="Your name",
        confirm="I have looked, and this is so.",
        send="Send this answer",
        thanks="Thank you. Your answer is recorded.",
        thanks_late="Thank you. The deadline had passed; your answer is recorded, and somebody will look at it.",
        used="This request has been answered already, and a second answer changes nothing. If the answer was wrong, please reply to the mail.",
        expired="This link has expired. Please reply to the mail instead.",
        invalid="This link is not valid. Please open it exactly as it stands in the mail.",
        method="This page can only be opened or sent.",
        too_large="That was more than this form holds.",
        failed="Something went wrong here, and your answer may not be recorded. Please try again.",
        wrong={
            "actor": "Please enter your name (2 to 80 characters).",
            "confirm": "Please tick that you have looked.",
            "handed_over": "Please tick the box or leave it empty.",
            "quantity": "Please enter for each article a whole number between 0 and what was asked for.",
            "nothing": 'Nothing is held back: then please use the link for "too late".',
            "everything": 'Everything is held back: then please use the link for "stopped".',
            "body": "The form could not be read. Please open the link again.",
        },
    ),
    "de": Texts(
        subject="Bitte Auftrag {order} stoppen",
        ask="Bitte versenden Sie den Auftrag {order} nicht. Nehmen Sie diese Ware aus der Bearbeitung und halten Sie sie zurück:",
        nothing_else="Bitte antworten Sie bis {until} mit einem dieser Links:",
        again="Vielleicht haben Sie diese Nachricht schon einmal bekommen. Es ist dieselbe Bitte: eine Antwort genügt.",
        reminder_subject="Erinnerung: ",
        reminder="Wir haben noch keine Antwort von Ihnen. Es ist dieselbe Bitte, mit denselben Links: eine Antwort genügt.",
        mail_stopped="Gestoppt, nichts geht hinaus",
        mail_too_late="Zu spät",
        mail_partly="Nur ein Teil konnte gestoppt werden",
        mail_how="Das Öffnen eines Links ändert noch nichts: Die Seite fragt nach Ihrem Namen und Ihrer Bestätigung.",
        page_title="Auftrag {order}",
        page_asked="Sie wurden gebeten, diese Ware nicht zu versenden:",
        page_until="Eine Antwort wird bis {until} erwartet.",
        article="Artikel",
        quantity="Menge",
        stopped="Gestoppt",
        stopped_explained="Nichts davon geht hinaus: Die Ware wird zurückgehalten oder kam nie bei uns an.",
        too_late="Zu spät",
        too_late_explained="Es lässt sich nicht mehr stoppen.",
        partly="Teilweise gestoppt",
        partly_explained="Nur die Mengen, die Sie hier eintragen, werden zurückgehalten; der Rest geht weiter.",
        handed_over="Ein Frachtführer hat die Ware bereits.",
        held_back="Zurückgehalten",
        name="Ihr Name",
        confirm="Ich habe nachgesehen, und so ist es.",
        send="Diese Antwort senden",
        thanks="Danke. Ihre Antwort ist festgehalten.",
        thanks_late="Danke. Die Frist war vorbei; Ihre Antwort ist festgehalten, und jemand wird sie sich ansehen.",
        used="Diese Bitte ist bereits beantwortet, eine zweite Antwort ändert nichts. War die Antwort falsch, antworten Sie bitte auf die E-Mail.",
        expired="Dieser Link ist abgelaufen. Bitte antworten Sie stattdessen auf die E-Mail.",
        invalid="Dieser Link ist nicht gültig. Bitte öffnen Sie ihn genau so, wie er in der E-Mail steht.",
        method="Diese Seite kann nur geöffnet oder abgesendet werden.",
        too_large="Das war mehr, als dieses Formular fasst.",
        failed="Hier ist etwas schiefgegangen, und Ihre Antwort ist vielleicht nicht festgehalten. Bitte versuchen Sie es noch einmal.",
        wrong={
            "actor": "Bitte geben Sie Ihren Namen an (2 bis 80 Zeichen).",
            "confirm": "Bitte kreuzen Sie an, dass Sie nachgesehen haben.",
            "handed_over": "Bitte kreuzen Sie das Feld an oder lassen Sie es leer.",
            "quantity": "Bitte geben Sie für jeden Artikel eine ganze Zahl zwischen 0 und der angefragten Menge an.",
            "nothing": "Nichts wird zurückgehalten: Dann nehmen Sie bitte den Link für „Zu spät“.",
            "everything": "Alles wird zurückgehalten: Dann nehmen Sie bitte den Link für „Gestoppt“.",
            "body": "Das Formular war nicht lesbar. Bitte öffnen Sie den Link noch einmal.",
        },
    ),
    "fr": Texts(
        subject="Merci d'arrêter la commande {order}",
        ask="Merci de ne pas expédier la commande {order}. Retirez ces articles de la préparation et gardez-les :",
        nothing_else="Merci de répondre avant le {until} par l'un de ces liens :",
        again="Vous avez peut-être déjà reçu ce message. C'est la même demande : une seule réponse suffit.",
        reminder_subject="Rappel : ",
        reminder="Nous n'avons pas encore reçu votre réponse. C'est la même demande, avec les mêmes liens : une seule réponse suffit.",
        mail_stopped="Arrêtée, rien ne part",
        mail_too_late="Trop tard",
        mail_partly="Une partie seulement a pu être arrêtée",
        mail_how="Ouvrir un lien ne change encore rien : la page vous demande votre nom et votre confirmation.",
        page_title="Commande {order}",
        page_asked="Il vous a été demandé de ne pas expédier ces articles :",
        page_until="Une réponse est attendue avant le {until}.",
        article="Article",
        quantity="Quantité",
        stopped="Arrêtée",
        stopped_explained="Rien ne partira : les articles sont gardés, ou ne nous sont jamais parvenus.",
        too_late="Trop tard",
        too_late_explained="Elle ne peut plus être arrêtée.",
        partly="Arrêtée en partie",
        partly_explained="Seules les quantités que vous indiquez ici sont gardées ; le reste suit son cours.",
        handed_over="Un transporteur a déjà les articles.",
        held_back="Gardés",
        name="Votre nom",
        confirm="J'ai vérifié, et c'est bien ainsi.",
        send="Envoyer cette réponse",
        thanks="Merci. Votre réponse est enregistrée.",
        thanks_late="Merci. Le délai était passé ; votre réponse est enregistrée, et quelqu'un va la lire.",
        used="Cette demande a déjà reçu une réponse, une seconde ne change rien. Si la réponse était fausse, merci de répondre au courriel.",
        expired="Ce lien a expiré. Merci de répondre plutôt au courriel.",
        invalid="Ce lien n'est pas valable. Merci de l'ouvrir exactement tel qu'il figure dans le courriel.",
        method="Cette page peut seulement être ouverte ou envoyée.",
        too_large="C'était plus que ce formulaire ne peut contenir.",
        failed="Une erreur s'est produite ici, et votre réponse n'est peut-être pas enregistrée. Merci de réessayer.",
        wrong={
            "actor": "Merci d'indiquer votre nom (2 à 80 caractères).",
            "confirm": "Merci de cocher que vous avez vérifié.",
            "handed_over": "Merci de cocher la case ou de la laisser vide.",
            "quantity": "Merci d'indiquer pour chaque article un nombre entier entre 0 et la quantité demandée.",
            "nothing": "Rien n'est gardé : merci d'utiliser alors le lien « Trop tard ».",
            "everything": "Tout est gardé : merci d'utiliser alors le lien « Arrêtée ».",
            "body": "Le formulaire n'a pas pu être lu. Merci d'ouvrir le lien de nouveau.",
        },
    ),
}


def texts(language: str) -> Texts:
    """In that language, or else in the default one."""
    return TEXTS.get(language, TEXTS[DEFAULT])


def spoken(accept_language: str) -> str:
    """The first language of an Accept-Language header that we write, whatever the weights: browsers send them in order."""
    wanted = (part.partition(";")[0].strip().lower().partition("-")[0] for part in accept_language.split(","))
    return next((language for language in wanted if language in TEXTS), DEFAULT)
