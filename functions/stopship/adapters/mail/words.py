"""The words that are read, by language. What is not here is not understood, and a sentence that is not understood asks for nothing.

All are written without accents and in lower case, as the text is when it is read. ``HARMLESS`` are the words that may stand beside a word
for cancelling and change nothing about it: one that is not among them (another thing to be cancelled, a condition, a part of the order)
makes the wish unclear.
"""

from stopship.domain.letter import Language

EN, DE, FR = Language.EN, Language.DE, Language.FR


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CANCEL = {
    EN: _words("cancel cancelling canceling cancellation cancelation"),
    DE: _words(
        "stornieren storniere storno stornierung stornierungswunsch canceln cancel cancle abbestellen annullieren widerrufen widerrufe widerruf"
    ),
    FR: _words("annuler annulez annulation j'annule retractation"),
}
ABOUT_CANCELLING = _words(
    """cancelled canceled cancels uncancel cancellable storniert storniertes stornierte stornos annulliert gecancelt gecancelled
    abbestellt widerrufsrecht rucktritt zurucktreten annule annulee annules annulees annulons retracter desister"""
)
"""Speaks of cancelling, and is no wish by itself: something was cancelled, or may be."""
PHRASES_ABOUT = (
    "do not want it",
    "do not need it",
    "do not want the order",
    "do not want my order",
    "no longer want",
    "no longer need",
    "stop the order",
    "stop my order",
    "call off",
    "bestellung nicht mehr",
    "nicht mehr haben",
    "brauche ich nicht mehr",
    "mochte ich nicht mehr",
    "bestellung zuruckziehen",
    "bestellung ruckgangig",
    "vom kauf zuruck",
    "ne veux plus",
    "ne souhaite plus",
    "n'ai plus besoin",
    "arreter ma commande",
)

PHRASES_TAKEN_BACK = ("wait no", "no wait", "oh no", "doch nicht", "ach nein")
DANGLING = _words(
    """the my our this that to of for a an not and or do please kindly the whole would like want die der das den meine meinen mein diese bitte
    nicht und oder ich mochte sie zu von vom ma mon la le les l de d ne pas et ou je souhaite veuillez cette notre"""
)
"""Words in which no sentence ends: the next line belongs to it."""

ORDER = {
    EN: _words("order purchase"),
    DE: _words("bestellung auftrag kauf einkauf kaufvertrag vertrag order"),
    FR: _words("commande achat"),
}
POINTS_AT_IT = {
    EN: _words("it this that everything whole entire all"),
    DE: _words("sie diese dies es alles das gesamte komplette ganze"),
    FR: _words("la l cela ca tout totalite"),
}
"""Stands for the order where it is not named."""

HARMLESS = {
    EN: _words(
        """i we would like want wish need to have must please pls plz kindly you team hello hi hey dear sir madam good morning afternoon
        evening day my our us the this that it whole entire complete full order purchase number no nr num numero ref reference id immediately
        asap now right away today as is in advance a an for of with from yesterday by mistake accident accidentally twice duplicate wrong ordered placed just hereby am writing request requesting
        ask asking at all everything could can recent latest last still"""
    ),
    DE: _words(
        """ich wir mochte moechte mochten moechten will wollen wunsche wuensche wurde wuerde wurden wuerden gerne gern bitte bitten hiermit
        sie ihr ihnen euch du meine meinen meiner mein unsere unseren unserer unser die der das den dem des diese dieser diesen dieses es alles
        ganze gesamte gesamten komplette kompletten komplett vollstandig bestellung order auftrag einkauf kauf kaufvertrag vertrag
        bestellnummer bestellnr auftragsnummer nummer numero nr mit vom von unter zu zur zum um auf uber fur an sofort umgehend
        schnellstmoglich schnellstmoeglich moglichst schnell bald noch heute gestern eben gerade im voraus hallo moin servus guten tag morgen
        abend sehr geehrte geehrter damen herren liebes liebe team eine einen einer ersuche erbitte konnen koennen konnten koennten konntet
        konnt mich mir uns versehentlich doppelt aufgegeben aufgegebene aufgegebenen getatigt getatigte bestellt bestellte lassen diesem wege oben genannte genannten abgeschlossenen folgenden ware waren"""
    ),
    FR: _words(
        """je j nous souhaite souhaiterais souhaitons voudrais voudrions veux voulons aimerais desire desirons demande demandons bonjour
        bonsoir madame monsieur messieurs de d bien vouloir veuillez pouvez pourriez pouvoir vous s il te plait svp stp ma mon notre la
        le les l cette ce cet toute entiere entierement integralement totalite tout complete commande achat numero no ref reference
        immediatement au aujourd hui hier matin soir passee effectuee par erreur double a en cela ca exercer droit faire prie merci"""
    ),
}
AFTER_AND = _words(
    """refund me my money back payment full amount card confirm confirmation email mail by let know when done issue send
    geld betrag zuruck erstatten erstatte erstattung ruckerstattung zahlung bestatigen bestaetigen bestatigung bestaetigung stornobestatigung
    kurz schriftlich per e
    rembourser remboursez remboursement moi me argent montant carte confirmer confirmez confirmation courriel d m"""
)
"""What may be asked for besides, behind an "and": it follows from a cancelled order. Before the "and" each of these could be what is to be
cancelled."""
CONFIRM = _words(
    "confirm confirming confirmation receipt bestatigen bestaetigen bestatigung bestaetigung bestatigt confirmer confirmez confirmation"
)
NOUNS = _words("cancellation cancelation storno stornierung widerruf annulation retractation")
THANKS = _words(
    "thanks thank thx cheers regards sincerely danke dank gruss gruesse grusse mfg vg lg merci cordialement sinceres salutations"
)
"""Behind these a mail ends, and a name may stand."""
TAKEN_BACK = _words(
    """actually nevermind never forget disregard ignore scratch leave doch vergessen ignorieren finalement oubliez ignorez"""
)
POLITE = (
    *(
        "if possible",
        "if at all possible",
        "wenn moglich",
        "falls moglich",
        "falls noch moglich",
        "wenn noch moglich",
        "si possible",
    ),
    *(
        "if you could",
        "without delay",
        "without further delay",
        "ohne verzug",
        "ohne verzogerung",
        "sans delai",
        "sans tarder",
        "s'il vous plait",
    ),
    *(
        "as soon as possible",
        "as quickly as possible",
        "as fast as possible",
        "so schnell wie moglich",
        "so bald wie moglich",
    ),
    *(
        "le plus vite possible",
        "le plus rapidement possible",
        "le plus tot possible",
        "au plus vite",
        "des que possible",
        "rapidement",
    ),
    *(
        "before it ships",
        "before it is shipped",
        "before it is sent",
        "before it goes out",
        "before it is dispatched",
        "before shipping",
    ),
    *(
        "bevor sie versendet wird",
        "bevor sie verschickt wird",
        "vor dem versand",
        "avant expedition",
        "avant l'expedition",
        "avant l'envoi",
    ),
)
"""Neither a condition nor a negation."""
REQUESTS = _words(
    """can could would must please pls plz kindly want like need ask asking request requesting bitte bitten mochte moechte mochten moechten konnen
    koennen konnten koennten will wunsche veuillez pouvez pourriez voudrais voudrions souhaite souhaitons aimerais demande prie merci svp"""
)
"""Without one of these "you cancel" tells what somebody does, and asks for nothing."""
ADDRESSED = _words("you sie ihr euch vous tu du")
"""Who is asked to do something, in a question that is a request."""

NOT = _words(
    """not never without neither nor nicht kein keine keinen keiner keinem keinesfalls niemals nie ohne pas ne n jamais sans aucun aucune don
    dont didn doesn cannot shouldn won"""
)
INSTEAD = _words("instead rather statt anstatt stattdessen lieber plutot lieu")
CONDITION = _words(
    "if unless otherwise until falls wenn sofern ansonsten sonst ausser si sinon sauf or oder ou either entweder soit"
)
PART = _words(
    """only except partial partially part parts item items keep keeping rest remaining one two three except some half piece pieces
    nur ausser teil teile teilweise artikel behalten position positionen restliche restlichen ubrigen
    seulement uniquement sauf partie partiellement article articles garder reste autres"""
)
"""Of the order only a part may be meant."""

ADDRESS = _words(
    """address adress lieferadresse adresse anschrift lieferanschrift postleitzahl hausnummer postcode zip zipcode umzug moved umgezogen
    demenage adresses"""
)
RETURN = _words(
    """return returns returning refund refunded exchange send damaged broken defective faulty arrived received delivered
    rucksendung zurucksenden zuruckschicken zuruckgeben retoure retournieren umtausch umtauschen reklamation reklamieren defekt kaputt beschadigt
    erhalten angekommen geliefert zugestellt erstattung ruckerstattung
    retour retourner renvoyer rembourser remboursement echange echanger casse cassee defectueux abime abimee recu recue livre livree arrivee"""
)
HAS_ARRIVED = _words(
    """damaged broken defective faulty arrived received delivered defekt kaputt beschadigt erhalten angekommen geliefert zugestellt
    casse cassee defectueux abime abimee recu recue livre livree arrivee"""
)
STATUS = _words(
    """where when tracking track status shipped delivery late yet wann wo sendungsverfolgung lieferstatus lieferung verfolgen liefertermin
    ou quand suivi livraison statut"""
)
YES = _words(
    "yes yep yeah yess correct confirm confirmed agreed ok okay ja jawohl jo genau richtig korrekt bestatige einverstanden oui ouais exact confirme confirmons accord"
)
WITH_YES = YES | _words(
    """please thanks thank you sure absolutely do that is right i it bitte danke das ist stimmt ich gerne vielen dank s il vous plait merci
    d je c est bien cela de your the my hello hi hallo bonjour"""
)
SAID_BESIDE = (
    WITH_YES
    | THANKS
    | _words("hey dear sir madam team guten tag moin servus sehr geehrte damen und herren bonsoir madame monsieur")
)
"""Greetings and the like: a clause of these says nothing."""

SPOKEN = {
    EN: _words(
        "the my i please order want would like to is and you have not it hello thanks for this of yes where when"
    ),
    DE: _words(
        "die der das ich bitte bestellung mochte meine ist und sie haben nicht es hallo danke fur mit von ja nein wo wann wir stornieren geehrte"
    ),
    FR: _words(
        "le la les je ma mon est et vous pas bonjour merci pour de oui non ou quand commande veuillez souhaite annuler une un des madame monsieur"
    ),
}
"""Words by which a language is known."""
