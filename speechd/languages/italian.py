"""Italian."""

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
    "Sig.": "signor", "Sigg.": "signori", "sig.": "signor", "Sig.ra": "signora", "sig.ra": "signora",
    "Sig.na": "signorina", "Dott.": "dottor", "dott.": "dottor", "Dott.ssa": "dottoressa",
    "dott.ssa": "dottoressa", "Dr.": "dottor", "Dr.ssa": "dottoressa", "Prof.": "professor",
    "prof.": "professor", "Prof.ssa": "professoressa", "prof.ssa": "professoressa", "Proff.": "professori",
    "Ing.": "ingegner", "ing.": "ingegner", "Avv.": "avvocato", "avv.": "avvocato", "Arch.": "architetto",
    "Geom.": "geometra", "Rag.": "ragionier", "On.": "onorevole", "Gen.": "generale", "Col.": "colonnello",
    "Cap.": "capitano", "Mons.": "monsignor", "S.": "san", "SS.": "santi", "ecc.": "eccetera",
    "etc.": "eccetera", "p. es.": "per esempio", "ad es.": "ad esempio", "pag.": "pagina", "pagg.": "pagine",
    "cap.": "capitolo", "capp.": "capitoli", "fig.": "figura", "figg.": "figure", "art.": "articolo",
    "artt.": "articoli", "vol.": "volume", "voll.": "volumi", "cfr.": "confronta", "Cfr.": "confronta",
    "n°": "numero", "N°": "numero", "nº": "numero", "Nº": "numero", "N°.": "numero", "a.C.": "avanti Cristo",
    "d.C.": "dopo Cristo", "a. C.": "avanti Cristo", "d. C.": "dopo Cristo", "tel.": "telefono",
    "Tel.": "telefono", "cell.": "cellulare", "Cell.": "cellulare", "dip.": "dipartimento",
    "Dip.": "dipartimento", "p.za": "piazza", "P.za": "piazza", "p.zza": "piazza", "P.zza": "piazza",
    "v.le": "viale", "V.le": "viale", "c.so": "corso", "C.so": "corso", "l.go": "largo", "L.go": "largo",
    "gent.": "gentile", "Gent.": "gentile", "Gent.mo": "gentilissimo", "Gent.ma": "gentilissima",
    "Egr.": "egregio", "Spett.": "spettabile", "S.p.A.": "S P A", "S.r.l.": "S R L", "max.": "massimo",
    "min.": "minimo", "sec.": "secolo", "lun.": "lunedì", "mart.": "martedì", "merc.": "mercoledì",
    "giov.": "giovedì", "ven.": "venerdì", "sab.": "sabato", "genn.": "gennaio", "febbr.": "febbraio",
    "sett.": "settembre", "ott.": "ottobre", "nov.": "novembre", "dic.": "dicembre", "ca.": "circa",
    "mq": "metri quadrati", "mln": "milioni", "mld": "miliardi", "vs.": "versus", "ed.": "edizione", "c.a.": "circa",
}  # fmt: skip
"""As written → as spoken."""

ITALIAN: Final = Language(
    tag="it",
    name="Italian",
    kokoro_code="i",
    misaki="espeak",
    espeak_voice="roa/it",
    warm_up="Abbiamo 3 navi. La prossima parte a mezzogiorno, e il biglietto costa 5,50 €. ",
    normalization="romance",
    yes_no=("sì", "no"),
    segmentation=Segmentation(
        abbreviations=word_set(
            "sig sigg sig.ra sig.na sig.re dott dott.ssa dr dr.ssa prof prof.ssa proff ing avv arch geom rag on gen "
            "col cap ten mons mr mrs ms st S SS pag pagg p pp p.es es cfr cf fig figg art artt vol voll cap capp n nn "
            "ca vs op ed tel psicol sec n° cell febbr genn econ ing.ri archit avvto amm cav comm gr.uff uff ten.col "
            "magg serg brig mar.llo dr.i dott.i on.le sen min.ro pres egr gent gent.mo gent.ma spett ill ill.mo rev "
            "p.zza p.za v.le c.so l.go st d fr lun mart mer merc giov ven sab dom rist trad cit loc prov tab sez par "
            "par.fo fasc suppl n.b ss mons card ecc.za univ fac dip ist med farm chim mat fis filos lett giur idraul "
            "meteor elettr telef succ"
        ),
        open_abbreviations=word_set(
            "ecc etc inc ltd co corp s.p.a s.r.l a.c d.c a.m p.m u.s u.k u.s.a n.y l.a jr min max ext gen feb mar apr "
            "mag giu lug ago set sett ott nov dic"
        ),
        closing=word_set("ecc etc a.m p.m"),
        measures=word_set("min sec"),
        ambiguous=word_set("col ed mar set mer par min card fac sec"),
        starters=word_set(
            "il lo la i gli le l' un uno una un' questo questa questi queste quello quella egli lui lei loro noi voi "
            "io tu si ci c' se ma e o però quando mentre perché come dove chi che cosa in nel nello nella nei nelle a "
            "al alla all' da dal dalla di del della con per su sul sulla tra fra dopo prima poi allora ora oggi ieri "
            "domani anche così non è era fu sono"
        ),
        conjunctions=word_set("e ed o ma però perché che mentre quando dove quindi"),
        proclitics=word_set(
            "il lo la i gli le un uno una di da del dello della dei delle al alla in nel nella con per su e o che non "
            "si è come virgola meno gradi cento mila milione milioni"
        ),
    ),
    numbers=NumberWords(num2words="it", locale="it", point="virgola", minus="meno"),
    agreement=Agreement(
        genders={"uno": ("un", "una")},
        final=True,
        before=(("un", r"s[^aeiouàèéìòùh]|z|gn|ps|pn|x|y", "uno"), ("una", r"h?[aeiouàèéìòù]", "un'")),
        feminine=r".*(?:a|ione|ioni|tà|tù|trice|trici|ie|igine|edine|udine)|(?:notte|parte|mano|moglie|madre|classe|chiave"
        r"|legge|luce|voce|croce|pace|nave|rete|specie|serie|fede|gente|arte|morte|fronte|fonte|canzone|stazione|neve"
        r"|carne|sede|torre|base|crisi|tesi|analisi|ipotesi|foto|moto|auto|radio|mente|lente|siepe|volpe|tigre|pelle"
        r"|valle|febbre|polvere|cenere|estate|azione|sorte|corte|settimana)",
        masculine=word_set(
            "problema programma sistema tema clima poeta pianeta diploma dramma schema papa gorilla cinema cinma "
            "sisma panorama sintomo artista turista giornalista ciclista pilota atleta collega pirata chilogramma "
            "grammo telegramma pigiama profeta poema teorema enigma dilemma stemma trauma fantasma aroma delta boa "
            "vaglia boia leone milione campione bastone sapone"
        ),
        functions=word_set(
            "ha hanno sarà ogni contro verso tutto tutta tutti tutte niente più meno milione milioni miliardo "
            "miliardi mila mille molto solo può possono deve era erano ce ne lo"
        ),
        nouns=word_set("ora"),
        named=word_set(
            "pagina pag capitolo numero articolo versione livello gruppo fase tomo volume canale linea piano sala "
            "aula porta camera tipo serie figura tabella legge decreto via strada chilometro posto giorno anno il lo "
            "del al dal punto allegato modello volo autobus opzione domanda esercizio zona sezione unità parte "
            "episodio stagione tappa nota virgola ore ora"
        ),
    ),
    written=WrittenForms(
        range="a",
        of=" ",
        first="primo",
        dot="punto",
        hyphen="trattino",
        underscore="trattino basso",
        colon="due punti",
        version="versione",
        clock=ClockForms(
            template="{hour} e {minute}",
            seconds=" e {second} secondi",
            cues="alle|alle ore|dalle|dalle ore|ore|le|all'|dall'|verso le|entro le|fino alle",
        ),
        telephones=TelephoneForms(
            cues="tel|telefono|cell|cellulare|fax|whatsapp|chiama il|chiama lo|chiamare il|chiamare lo|chiamate il"
            "|chiamate lo|chiami il|chiami lo|numero è|numero verde",
            shapes=(
                r"0\d{1,3}[ /-]\d{5,8}",
                r"0\d{1,3}[ -]\d{3,4}[ -]?\d{3,4}",
                r"3\d{2}[ -]\d{3}[ -]\d{4}",
                r"3\d{2}[ -]\d{6,7}",
                r"\d{3}-\d{3}-\d{4}",
                r"800[ ]\d{3}[ ]\d{3}",
            ),
            plus="più",
            extension="int|interno",
        ),
        signs={
            "&": "e",
            "+": "più",
            "=": "uguale a",
            "×": "per",
            "÷": "diviso",
            "±": "più o meno",
            "≤": "minore o uguale a",
            "≥": "maggiore o uguale a",
            "≠": "diverso da",
            "≈": "circa",
            "→": "a",
            "@": "chiocciola",
            "²": "al quadrato",
            "³": "al cubo",
            "/": "barra",
            "№": "numero",
            "§": "paragrafo",
        },
        times="volte",
        minus_sign="meno",
        per="per",
        currencies={
            "€": Currency("euro", "euro", "centesimo", "centesimi"),
            "EUR": Currency("euro", "euro", "centesimo", "centesimi"),
            "eur": Currency("euro", "euro", "centesimo", "centesimi"),
            "$": Currency("dollaro", "dollari", "centesimo", "centesimi"),
            "USD": Currency("dollaro", "dollari", "centesimo", "centesimi"),
            "US$": Currency("dollaro", "dollari", "centesimo", "centesimi"),
            "£": Currency("sterlina", "sterline", "penny", "pence"),
            "GBP": Currency("sterlina", "sterline", "penny", "pence"),
            "¥": Currency("yen", "yen"),
            "JPY": Currency("yen", "yen"),
            "₹": Currency("rupia", "rupie"),
            "₩": Currency("won", "won"),
            "₽": Currency("rublo", "rubli"),
            "₺": Currency("lira turca", "lire turche"),
            "₪": Currency("shekel", "shekel"),
            "₿": Currency("bitcoin", "bitcoin"),
            "CHF": Currency("franco svizzero", "franchi svizzeri", "centesimo", "centesimi"),
        },
        and_hundredths="e",
        rates={
            "mese": "al mese",
            "anno": "all'anno",
            "giorno": "al giorno",
            "settimana": "alla settimana",
            "ora": "all'ora",
            "h": "all'ora",
            "persona": "a persona",
            "notte": "a notte",
            "kg": "al chilo",
        },
        large_numbers="milione|milioni|miliardo|miliardi|bilioni|bilione|mila",
        large_letters={"M": "milioni", "mln": "milioni", "mld": "miliardi", "k": "mila", "K": "mila"},
        large_number_of="di ",
        ordinals=OrdinalForms(masculine="[ºo]", feminine_endings="[ªa]", degree=True),
        romans=RomanForms(
            numbered="[Cc]apitol[oi]|[Cc]ap\\.|[Tt]omo|[Vv]olume|[Ll]ibro|[Aa]tto|[Ss]cena|[Pp]arte|[Tt]itolo|[Aa]llegato"
            "|[Ff]ase|[Tt]ipo|[Ll]ivello|[Ff]igura|[Tt]abella|[Ss]ezione|[Aa]rticolo|[Gg]ruppo|[Uu]nità",
            numbered_by_ordinal="[Ss]ecolo|[Ss]ec\\.|[Cc]anto",
            rulers=word_set(
                "Vittorio Emanuele Umberto Carlo Felice Alberto Amedeo Paolo Pio Giovanni Benedetto Leone Gregorio "
                "Innocenzo Clemente Alessandro Urbano Guglielmo Giorgio Edoardo Riccardo Giacomo Napoleone Nicola "
                "Caterina Federico Ottone Leopoldo Luigi Enrico Filippo Francesco Ferdinando Alfonso Isabella Pietro "
                "Ramses Tolomeo Dario Serse Costantino Teodosio Giustiniano Adriano Sisto Giulio Bonifacio Martino "
                "Callisto Maria Elisabetta Giuseppe Massimiliano Rodolfo Ruggero Lorenzo Cosimo Gian Galeazzo "
                "Baldovino Gustavo Margherita Celestino Eugenio Niccolò Onorio Stefano Silvestro re regina papa "
                "imperatore zar sultano principe duca conte"
            ),
            last_ordinal=99,
        ),
        numero=word_set("numero legge decreto"),
        parts={2: ("mezzo", "mezzi")},
        plural_part=(r"o$", "i"),
        over="su",
        half=("mezzo", "mezza"),
        half_behind=("mezzo", "mezza"),
        and_half="e",
        units={
            "h": "duration-hour",
            "km/hr": "speed-kilometer-per-hour",
            "A": "electric-ampere",
            "hl": "volume-hectoliter",
            "q": "mass-tonne",
        },
        abbreviations=_ABBREVIATIONS,
        number_abbreviations={
            "n.": "numero",
            "N.": "numero",
            "nn.": "numeri",
            "p.": "pagina",
            "pp.": "pagine",
            "v.": "verso",
        },
    ),
)
