"""Portuguese, as spoken in Brazil."""

from __future__ import annotations

from typing import Final

from speechd.languages.base import Language, NumberWords, Segmentation, WrittenForms, word_set

PORTUGUESE: Final = Language(
    tag="pt-br",
    name="Brazilian Portuguese",
    codes=("pt",),
    kokoro_code="p",
    misaki="espeak",
    espeak_voice="roa/pt-BR",
    warm_up="Temos 3 barcos. O próximo sai ao meio-dia, e o bilhete custa R$ 5,50. ",
    normalization="romance",
    segmentation=Segmentation(
        abbreviations=word_set(
            "sr sra srta srs sras dr dra drs prof profa prof.ª profs eng arq gen cel cap ten sgt exmo mr mrs ms st "
            "sta sto av pça pág págs pp núm nº n.º n art arts fig figs caps vol vols ed op aprox ca cf vs p.ex ex obs"
        ),
        open_abbreviations=word_set(
            "etc inc ltd ltda co corp cia s.a a.c d.c a.m p.m u.s u.k n.y l.a jr p tel ext máx mín min seg "
            "jan fev mar abr jun jul ago set out nov dez"
        ),
        ambiguous=word_set("ex mar"),
        starters=word_set(
            "o a os as um uma uns umas este esta estes estas isto esse essa esses essas isso aquele aquela ele ela "
            "eles elas eu tu nós você vocês seu sua seus suas meu minha nosso nossa e mas ou se não quando enquanto "
            "embora porque como onde quem que qual por em no na nos nas de do da desde até para com sem sobre após "
            "depois então agora hoje ontem amanhã também além assim já há foi era é são"
        ),
        conjunctions=word_set("e ou mas porque que enquanto embora quando onde"),
        proclitics=word_set(
            "o a os as um uma uns umas de do da dos das em no na nos nas e ou que com por para sem seu sua se não é "
            "como vírgula menos graus cem mil milhão milhões"
        ),
    ),
    numbers=NumberWords(
        num2words="pt",
        locale="pt",
        point="vírgula",
        minus="menos",
        one=(("um", "um", "uma"),),
        feminine=r"(?!.*grama$).*[ah]",
    ),
    written=WrittenForms(
        range="a",
        of=" de ",
        first="primeiro",
        clock="{hour} e {minute}",
        dot="ponto",
        hyphen="hífen",
        signs={
            "&": "e",
            "+": "mais",
            "=": "igual a",
            "×": "vezes",
            "÷": "dividido por",
            "±": "mais ou menos",
            "≤": "menor ou igual a",
            "≥": "maior ou igual a",
            "≈": "aproximadamente",
            "→": "para",
            "@": "arroba",
            "²": "ao quadrado",
            "³": "ao cubo",
            "/": "barra",
            "№": "número",
            "§": "parágrafo",
        },
        currencies={
            "€": ("euro", "euros", "e {} centavos"),
            "R$": ("real", "reais", "e {} centavos"),
            "$": ("dólar", "dólares", "e {} centavos"),
            "£": ("libra", "libras", "e {} pence"),
            "¥": ("iene", "ienes", ""),
            "₹": ("rupia", "rupias", ""),
        },
        large_numbers="milhão|milhões|bilhão|bilhões|mil",
        large_number_of="de ",
        singular_zero=True,
        ordinals="[ºª°]",
        abbreviations={
            "Sr.": "senhor",
            "Sra.": "senhora",
            "Dr.": "doutor",
            "Dra.": "doutora",
            "Prof.": "professor",
            "Profa.": "professora",
            "p. ex.": "por exemplo",
            "etc.": "etcétera",
            "pág.": "página",
            "n.º": "número",
            "aprox.": "aproximadamente",
            "a.C.": "antes de Cristo",
            "d.C.": "depois de Cristo",
        },
        fractions={"½": "meio", "¼": "um quarto", "¾": "três quartos"},
    ),
)
