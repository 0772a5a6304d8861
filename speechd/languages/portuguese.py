"""Portuguese, as spoken in Brazil."""

from __future__ import annotations

from typing import Final

from speechd.languages.base import (
    Agreement,
    ClockForms,
    Currency,
    Language,
    NumberWords,
    OrdinalForms,
    RomanForms,
    Segmentation,
    TelephoneForms,
    WrittenForms,
    word_set,
)

_ABBREVIATIONS: Final = {
    "Sr.": "senhor", "Sra.": "senhora", "Srta.": "senhorita", "Srs.": "senhores", "Sras.": "senhoras",
    "Dr.": "doutor", "Dra.": "doutora", "Drs.": "doutores", "Prof.": "professor", "Profa.": "professora",
    "Prof.ª": "professora", "Profª": "professora", "Profs.": "professores", "Eng.": "engenheiro",
    "Arq.": "arquiteto", "Gen.": "general", "Cel.": "coronel", "Cap.": "capitão", "Ten.": "tenente",
    "Sgt.": "sargento", "D.": "dom", "Exmo.": "excelentíssimo", "Exma.": "excelentíssima",
    "V. Exa.": "vossa excelência", "Sta.": "santa", "Sto.": "santo", "p. ex.": "por exemplo",
    "por ex.": "por exemplo", "etc.": "etcétera", "pág.": "página", "págs.": "páginas", "n.º": "número",
    "N.º": "número", "nº": "número", "Nº": "número", "n°": "número", "N°": "número", "N°.": "número",
    "núm.": "número", "aprox.": "aproximadamente", "Av.": "avenida", "av.": "avenida", "Pça.": "praça",
    "pça.": "praça", "Rod.": "rodovia", "Al.": "alameda", "Trav.": "travessa", "Ed.": "edifício",
    "apto.": "apartamento", "Apto.": "apartamento", "ap.": "apartamento", "a.C.": "antes de Cristo",
    "d.C.": "depois de Cristo", "a. C.": "antes de Cristo", "d. C.": "depois de Cristo", "tel.": "telefone",
    "Tel.": "telefone", "cel.": "celular", "art.": "artigo", "Art.": "artigo", "arts.": "artigos",
    "cap.": "capítulo", "vol.": "volume", "fig.": "figura", "máx.": "máximo", "mín.": "mínimo",
    "Cia.": "companhia", "Ltda.": "limitada", "S.A.": "S A", "vs.": "versus", "obs.": "observação",
    "sáb.": "sábado", "séc.": "século", "ref.": "referência", "depto.": "departamento",
    "R. da": "rua da", "R. do": "rua do", "R. das": "rua das", "R. dos": "rua dos", "R. de": "rua de",
    "Depto.": "departamento", "EUA": "Estados Unidos",
}  # fmt: skip
"""As written → as spoken."""

PORTUGUESE: Final = Language(
    tag="pt-br",
    name="Brazilian Portuguese",
    codes=("pt",),
    kokoro_code="p",
    misaki="espeak",
    espeak_voice="roa/pt-BR",
    warm_up="Temos 3 barcos. O próximo sai ao meio-dia, e o bilhete custa R$ 5,50. ",
    normalization="romance",
    yes_no=("sim", "não"),
    segmentation=Segmentation(
        abbreviations=word_set(
            "sr sra srta srs sras dr dra drs prof profa prof.ª profs eng arq gen cel cap ten sgt exmo mr mrs ms st "
            "sta sto av pça pág págs pp núm nº n.º n art arts fig figs caps vol vols ed op ca cf vs p.ex ex obs "
            "n° rod trav al apto ap bl cj lt qd exma ilmo ilma rev revmo pe fr ir dep sen gov pres min.º maj brig alm "
            "tenc v.exa v.s des del adv enf psic univ fac inst depto dpto trad org orgs coord ref séc sécs exa sáb "
            "tel.º cód"
        ),
        open_abbreviations=word_set(
            "etc inc ltd ltda co corp cia s.a a.c d.c a.m p.m u.s u.k n.y l.a jr p tel ext aprox máx mín min seg jan "
            "fev mar abr jun jul ago set out nov dez"
        ),
        closing=word_set("etc a.m p.m"),
        measures=word_set("min seg"),
        ambiguous=word_set("ex mar pe ir fac ap des del org"),
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
    numbers=NumberWords(num2words="pt_BR", locale="pt", point="vírgula", minus="menos"),
    agreement=Agreement(
        genders={
            "um": ("um", "uma"),
            "dois": ("dois", "duas"),
            "duzentos": ("duzentos", "duzentas"),
            "trezentos": ("trezentos", "trezentas"),
            "quatrocentos": ("quatrocentos", "quatrocentas"),
            "quinhentos": ("quinhentos", "quinhentas"),
            "seiscentos": ("seiscentos", "seiscentas"),
            "setecentos": ("setecentos", "setecentas"),
            "oitocentos": ("oitocentos", "oitocentas"),
            "novecentos": ("novecentos", "novecentas"),
        },
        feminine=r".*(?:as?|ã|ãs|ção|ções|são|sões|dades?|gem|gens|tudes?|triz|trizes|ice|ices)|(?:mulher|mulhere|vez|veze"
        r"|noite|tarde|parte|mãe|mão|flor|flore|cor|core|voz|voze|luz|luze|cruz|cruze|lei|rede|base|fase|frase|classe"
        r"|série|espécie|chave|nave|ave|ponte|fonte|mente|gente|lente|semente|corrente|enchente|árvore|torre|foto|moto"
        r"|libra|carne|sede|pele|febre|neve|tribo|colher|colhere|matriz|raiz|raíze|equipe|superfície|face|crise|tese|análise"
        r"|hipótese|sílaba|nuvem|nuven|ordem|orden|razão|razõe|opinião|opiniõe|região|regiõe|reunião|reuniõe|união|uniõe|milha"
        r"|estação|estaçõe|prisão|prisõe|televisão|paixão|paixõe|questão|questõe|canção|gestão|isabel)s?",
        masculine=word_set(
            "dia dias problema problemas programa programas sistema sistemas tema temas clima climas idioma idiomas "
            "mapa mapas planeta planetas poeta poetas diploma diplomas drama dramas esquema esquemas lema lemas "
            "panorama sintoma sintomas dilema dilemas fantasma fantasmas aroma aromas poema poemas teorema teoremas "
            "telefonema telefonemas cinema cinemas cometa cometas sofá sofás papa papas atleta atletas artista "
            "artistas turista turistas jornalista jornalistas motorista motoristas ciclista ciclistas grama gramas "
            "quilograma quilogramas miligrama miligramas centigrama pijama pijamas colega colegas astronauta "
            "astronautas guarda guardas pirata piratas emblema emblemas enigma enigmas dentista dentistas analista "
            "analistas vice índice índices ápice apêndice personagem iate"
        ),
        plural=r"s$",
        functions=word_set(
            "foi foram tem têm há está estão ser será pode podem mais menos cada contra todo toda todos todas tudo "
            "nada algo diz te me lhe milhão milhões bilhão bilhões trilhão trilhões mil muito só bem estava à às ao "
            "aos pelo pela num numa"
        ),
        named=word_set(
            "página páginas capítulo número artigo versão nível grupo fase tomo volume canal linha andar sala porta "
            "quarto tipo série figura tabela lei decreto rua avenida quilômetro lugar dia ano século o ponto anexo "
            "modelo voo ônibus opção questão exercício zona seção unidade parte episódio temporada etapa nota vírgula "
            "do ao no"
        ),
    ),
    written=WrittenForms(
        range="a",
        of=" de ",
        first="primeiro",
        dot="ponto",
        hyphen="hífen",
        underscore="underline",
        colon="dois pontos",
        version="versão",
        clock=ClockForms(
            template="{hour} e {minute}",
            seconds=" e {second} segundos",
            cues="(?!)",
        ),
        telephones=TelephoneForms(
            cues="tel|telefone|celular|cel|fax|whatsapp|ligue para|ligar para|liga para|ligue|número é",
            shapes=(
                r"\(0?\d{2}\)[ ]?9?[ ]?\d{4}[ .-]?\d{4}",
                r"\d{2}[ ]9\d{4}-\d{4}",
                r"9\d{4}[ -]\d{4}",
                r"\d{5}-\d{4}",
                r"\d{3}-\d{4}",
                r"(?!1[5-9]\d\d-|20\d\d-)\d{4}-\d{4}",
                r"0[38]00[ -]\d{3}[ -]?\d{3,4}",
                r"\d{5}-\d{3}",
                r"\d{3}\.\d{3}\.\d{3}-\d{2}",
                r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}",
            ),
            plus="mais",
            country_in_digits=True,
            extension="ext|ramal|extensão",
        ),
        signs={
            "&": "e",
            "+": "mais",
            "=": "igual a",
            "×": "vezes",
            "÷": "dividido por",
            "±": "mais ou menos",
            "≤": "menor ou igual a",
            "≥": "maior ou igual a",
            "≠": "diferente de",
            "≈": "aproximadamente",
            "→": "para",
            "@": "arroba",
            "²": "ao quadrado",
            "³": "ao cubo",
            "/": "barra",
            "№": "número",
            "§": "parágrafo",
        },
        times="vezes",
        minus_sign="menos",
        per="por",
        currencies={
            "€": Currency("euro", "euros", "centavo", "centavos"),
            "EUR": Currency("euro", "euros", "centavo", "centavos"),
            "R$": Currency("real", "reais", "centavo", "centavos"),
            "BRL": Currency("real", "reais", "centavo", "centavos"),
            "$": Currency("dólar", "dólares", "centavo", "centavos"),
            "US$": Currency("dólar", "dólares", "centavo", "centavos"),
            "USD": Currency("dólar", "dólares", "centavo", "centavos"),
            "£": Currency("libra", "libras", "penny", "pence"),
            "GBP": Currency("libra", "libras", "penny", "pence"),
            "¥": Currency("iene", "ienes"),
            "JPY": Currency("iene", "ienes"),
            "₹": Currency("rupia", "rupias"),
            "₩": Currency("won", "wons"),
            "₽": Currency("rublo", "rublos"),
            "₺": Currency("lira turca", "liras turcas"),
            "₿": Currency("bitcoin", "bitcoins"),
            "CHF": Currency("franco suíço", "francos suíços", "centavo", "centavos"),
        },
        and_hundredths="e",
        rates={
            "mês": "por mês",
            "ano": "por ano",
            "dia": "por dia",
            "semana": "por semana",
            "hora": "por hora",
            "h": "por hora",
            "pessoa": "por pessoa",
            "noite": "por noite",
            "kg": "o quilo",
        },
        score="a",
        large_numbers="milhão|milhões|bilhão|bilhões|trilhão|trilhões|mil",
        large_letters={"M": "milhões", "mi": "milhões", "bi": "bilhões", "k": "mil", "K": "mil"},
        large_number_of="de ",
        singular_zero=True,
        ordinals=OrdinalForms(masculine="[ºo]", feminine_endings="[ªa]", degree=True),
        romans=RomanForms(
            numbered="[Ss]éculos?|[Ss]éc\\.|[Cc]apítulos?|[Cc]ap\\.|[Tt]omos?|[Vv]olume|[Ll]ivro|[Aa]to|[Cc]ena|[Pp]arte"
            "|[Tt]ítulo|[Aa]nexo|[Ff]ase|[Tt]ipo|[Nn]ível|[Ff]igura|[Tt]abela|[Ss]eção|[Aa]rtigo|[Gg]rupo|[Uu]nidade"
            "|[Tt]ema|[Ee]pisódio|[Ll]ição|[Cc]anto|[Gg]rau|[Cc]lasse|[Cc]ategoria",
            rulers=word_set(
                "Pedro João Paulo Afonso Sancho Dinis Fernando Duarte Manuel Sebastião Henrique Filipe José Maria "
                "Miguel Luís Carlos Isabel Elizabeth Bento Pio Leão Gregório Inocêncio Clemente Alexandre Urbano "
                "Guilherme Jorge Eduardo Ricardo Jaime Napoleão Nicolau Catarina Frederico Otão Leopoldo Balduíno "
                "Alberto Gustavo Ramsés Ptolomeu Dario Xerxes Constantino Teodósio Justiniano Adriano Sisto Júlio "
                "Bonifácio Martinho Calisto Francisco Felipe Filipe Margarida Vítor Humberto Maximiliano Rodolfo Luis "
                "rei rainha papa imperador imperatriz czar sultão príncipe duque conde"
            ),
            last_ordinal=10,
        ),
        numero=word_set("número lei decreto"),
        parts={2: ("meio", "meios"), 3: ("terço", "terços")},
        elevenths=" avos",
        over="sobre",
        half=("meio", "meia"),
        half_behind=("meio", "meia"),
        and_half="e",
        units={"hs": "duration-hour", "km/hr": "speed-kilometer-per-hour"},
        abbreviations=_ABBREVIATIONS,
        number_abbreviations={"p.": "página", "pp.": "páginas", "nos": "números", "No.": "número", "v.": "versículo"},
    ),
)
