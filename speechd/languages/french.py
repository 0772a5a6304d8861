"""French, as spoken in France."""

from __future__ import annotations

from typing import Final

from speechd.languages.base import Language, NumberWords, Segmentation, WrittenForms, word_set

FRENCH: Final = Language(
    tag="fr-fr",
    name="French",
    codes=("fr",),
    kokoro_code="f",
    misaki="espeak",
    espeak_voice="roa/fr",
    warm_up="Nous avons 3 bateaux. Le prochain part à midi, et le billet coûte 5,50 €. ",
    normalization="romance",
    segmentation=Segmentation(
        abbreviations=word_set(
            "M MM mme mmes mlle mlles mgr dr drs pr prof st ste fr mr mrs ms av apr env no nos nº fig chap vol "
            "art éd ed cf p.ex ex p pp bd tél ca vs op c.-à-d"
        ),
        open_abbreviations=word_set(
            "etc inc ltd co corp cie s.a s.a.r.l a.m p.m j.-c u.s u.k n.y l.a jr min sec ext max "
            "janv févr avr juil sept oct nov déc"
        ),
        ambiguous=word_set("no nos art ex"),
        starters=word_set(
            "le la les l' un une des du d' ce c' cet cette ces ça il ils elle elles on nous vous je j' tu son sa ses "
            "leur leurs mon ma mes notre votre et mais ou donc or car si s' ne n' quand lorsque comme où qui que qu' "
            "quoi pourquoi comment dans en à au aux pour par sur sous avec sans après avant depuis pendant puis alors "
            "ensuite aussi ainsi enfin voici voilà"
        ),
        conjunctions=word_set("et ou mais donc car parce que qui quand où lorsque tandis"),
        proclitics=word_set(
            "le la les un une des du de en à au aux et ou que qui pour par sur dans avec sans ne son sa ses mon ma mes "
            "est virgule moins degrés cent mille million millions"
        ),
    ),
    numbers=NumberWords(
        num2words="fr",
        locale="fr",
        point="virgule",
        minus="moins",
        one=(("un", "un", "une"),),
        feminine=r"(?:heure|livre|tonne|once|minute|seconde|milliseconde|calorie|kilocalorie|roupie)",
    ),
    written=WrittenForms(
        range="à",
        of=" ",
        first="premier",
        clock="{hour} {minute}",
        dot="point",
        hyphen="tiret",
        signs={
            "&": "et",
            "+": "plus",
            "=": "égale",
            "×": "fois",
            "÷": "divisé par",
            "±": "plus ou moins",
            "≤": "inférieur ou égal à",
            "≥": "supérieur ou égal à",
            "≈": "environ",
            "→": "vers",
            "@": "arobase",
            "²": "au carré",
            "³": "au cube",
            "/": "barre",
            "№": "numéro",
            "§": "paragraphe",
        },
        currencies={
            "€": ("euro", "euros", "{}"),
            "$": ("dollar", "dollars", "{}"),
            "£": ("livre", "livres", "{}"),
            "¥": ("yen", "yens", ""),
            "₹": ("roupie", "roupies", ""),
        },
        large_numbers="millions?|milliards?",
        large_number_of="de ",
        elided_of="d'",
        hour=("heure", "heures"),
        singular_zero=True,
        ordinals="(?:er|re|e|è|ème|nde?|ᵉ)",
        special_ordinals={"re": "première"},
        abbreviations={
            "M.": "monsieur",
            "MM.": "messieurs",
            "Mme": "madame",
            "Mmes": "mesdames",
            "Mlle": "mademoiselle",
            "Dr": "docteur",
            "p. ex.": "par exemple",
            "c.-à-d.": "c'est-à-dire",
            "etc.": "et cetera",
            "n°": "numéro",
            "env.": "environ",
            "av. J.-C.": "avant Jésus-Christ",
            "apr. J.-C.": "après Jésus-Christ",
        },
        fractions={"½": "un demi", "¼": "un quart", "¾": "trois quarts"},
    ),
)
