"""Spanish."""

from __future__ import annotations

from typing import Final

from speechd.languages.base import Language, NumberWords, Segmentation, WrittenForms, word_set

SPANISH: Final = Language(
    tag="es",
    name="Spanish",
    kokoro_code="e",
    misaki="espeak",
    espeak_voice="roa/es",
    warm_up="Tenemos 3 barcos. El próximo sale a mediodía, y el billete cuesta 5,50 €. ",
    normalization="romance",
    segmentation=Segmentation(
        abbreviations=word_set(
            "sr sra srta sres sras dr dra dres dras d.ª ud uds vd vds prof profa prof.ª lic ing arq gral cnel tte "
            "mons fr st sta sto mr mrs ms av avda no nos núm núms nº n.º pág págs fig figs cap caps vol vols art "
            "arts art.º ed eds op aprox ca cf v vs p.ej ej pp ee"
        ),
        open_abbreviations=word_set(
            "etc inc ltd co corp cía s.a s.l a.m p.m a.c d.c a.c.n d.c.n ee.uu uu u.s u.k n.y l.a jr p tel ext máx mín "
            "min seg hr hrs ene feb mar abr may jun jul ago sep sept oct nov dic"
        ),
        ambiguous=word_set("no nos mar may"),
        starters=word_set(
            "el la los las lo un una unos unas este esta estos estas esto ese esa esos esas eso aquel aquella él ella "
            "ellos ellas yo tú nosotros usted ustedes su sus mi mis nuestro nuestra y pero o si no cuando mientras "
            "aunque porque como qué quién dónde cuándo cómo por en con a al de del desde hasta para sin sobre tras "
            "luego después entonces ahora hoy ayer mañana también además así ya hay había fue era es son se nos"
        ),
        conjunctions=word_set("y e o u pero porque que mientras aunque cuando donde"),
        proclitics=word_set(
            "el la los las un una unos unas de del en a al y e o u que con por para sin su sus mi mis no se es como "
            "coma menos grados cien mil millón millones"
        ),
    ),
    numbers=NumberWords(
        num2words="es",
        locale="es",
        point="coma",
        minus="menos",
        one=(("veintiuno", "veintiún", "veintiuna"), ("uno", "un", "una")),
        feminine=r".*[ah]",
    ),
    written=WrittenForms(
        range="a",
        of=" de ",
        first="uno",
        clock="{hour} {minute}",
        dot="punto",
        hyphen="guion",
        signs={
            "&": "y",
            "+": "más",
            "=": "igual a",
            "×": "por",
            "÷": "entre",
            "±": "más menos",
            "≤": "menor o igual que",
            "≥": "mayor o igual que",
            "≈": "aproximadamente",
            "→": "a",
            "@": "arroba",
            "²": "al cuadrado",
            "³": "al cubo",
            "/": "barra",
            "№": "número",
            "§": "sección",
        },
        currencies={
            "€": ("euro", "euros", "con {} céntimos"),
            "$": ("dólar", "dólares", "con {} centavos"),
            "£": ("libra", "libras", "con {} peniques"),
            "¥": ("yen", "yenes", ""),
            "₹": ("rupia", "rupias", ""),
        },
        large_numbers="millón|millones|mil millones",
        large_number_of="de ",
        ordinals=r"\.?[ºª°]",
        abbreviations={
            "Sr.": "señor",
            "Sra.": "señora",
            "Srta.": "señorita",
            "Dr.": "doctor",
            "Dra.": "doctora",
            "D.": "don",
            "Ud.": "usted",
            "Uds.": "ustedes",
            "p. ej.": "por ejemplo",
            "etc.": "etcétera",
            "pág.": "página",
            "núm.": "número",
            "n.º": "número",
            "aprox.": "aproximadamente",
        },
        fractions={"½": "un medio", "¼": "un cuarto", "¾": "tres cuartos"},
    ),
)
