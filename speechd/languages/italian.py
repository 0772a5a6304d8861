"""Italian."""

from __future__ import annotations

from typing import Final

from speechd.languages.base import Language, NumberWords, Segmentation, WrittenForms, word_set

ITALIAN: Final = Language(
    tag="it",
    name="Italian",
    kokoro_code="i",
    misaki="espeak",
    espeak_voice="roa/it",
    warm_up="Abbiamo 3 navi. La prossima parte a mezzogiorno, e il biglietto costa 5,50 €. ",
    normalization="romance",
    segmentation=Segmentation(
        abbreviations=word_set(
            "sig sigg sig.ra sig.na sig.re dott dott.ssa dr dr.ssa prof prof.ssa proff ing avv arch geom rag on gen "
            "col cap ten mons mr mrs ms st S SS pag pagg p pp p.es es cfr cf fig figg art artt vol voll cap capp n nn "
            "ca vs op ed tel"
        ),
        open_abbreviations=word_set(
            "ecc etc inc ltd co corp s.p.a s.r.l a.c d.c a.m p.m u.s u.k u.s.a n.y l.a jr min max ext "
            "gen feb mar apr mag giu lug ago set sett ott nov dic"
        ),
        ambiguous=word_set("col ed mar set"),
        starters=word_set(
            "il lo la i gli le l' un uno una un' questo questa questi queste quello quella egli lui lei loro noi voi "
            "io tu si ci c' se ma e o però quando mentre perché come dove chi che cosa in nel nello nella nei nelle "
            "a al alla all' da dal dalla di del della con per su sul sulla tra fra dopo prima poi allora ora oggi ieri "
            "domani anche così non è era fu sono"
        ),
        conjunctions=word_set("e ed o ma però perché che mentre quando dove quindi"),
        proclitics=word_set(
            "il lo la i gli le un uno una di da del dello della dei delle al alla in nel nella con per su e o che non "
            "si è come virgola meno gradi cento mila milione milioni"
        ),
    ),
    numbers=NumberWords(
        num2words="it",
        locale="it",
        point="virgola",
        minus="meno",
        one=(("ventuno", "ventuno", "ventuno"), ("uno", "un", "una")),
        feminine=r"(?!.*gramma$).*[ah]",
    ),
    written=WrittenForms(
        range="a",
        of=" ",
        first="primo",
        clock="{hour} e {minute}",
        dot="punto",
        hyphen="trattino",
        signs={
            "&": "e",
            "+": "più",
            "=": "uguale a",
            "×": "per",
            "÷": "diviso",
            "±": "più o meno",
            "≤": "minore o uguale a",
            "≥": "maggiore o uguale a",
            "≈": "circa",
            "→": "a",
            "@": "chiocciola",
            "²": "al quadrato",
            "³": "al cubo",
            "/": "barra",
            "№": "numero",
            "§": "paragrafo",
        },
        currencies={
            "€": ("euro", "euro", "e {} centesimi"),
            "$": ("dollaro", "dollari", "e {} centesimi"),
            "£": ("sterlina", "sterline", "e {} pence"),
            "¥": ("yen", "yen", ""),
            "₹": ("rupia", "rupie", ""),
        },
        large_numbers="milione|milioni|miliardo|miliardi",
        large_number_of="di ",
        ordinals="[ºª°]",
        abbreviations={
            "Sig.": "signor",
            "Sig.ra": "signora",
            "Sig.na": "signorina",
            "Dott.": "dottor",
            "Dott.ssa": "dottoressa",
            "Prof.": "professor",
            "Ing.": "ingegner",
            "Avv.": "avvocato",
            "ecc.": "eccetera",
            "p. es.": "per esempio",
            "pag.": "pagina",
            "n.": "numero",
            "a.C.": "avanti Cristo",
            "d.C.": "dopo Cristo",
        },
        fractions={"½": "mezzo", "¼": "un quarto", "¾": "tre quarti"},
    ),
)
