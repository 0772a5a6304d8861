"""Spanish."""

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
    "Sr.": "señor", "Sra.": "señora", "Srta.": "señorita", "Sres.": "señores", "Sras.": "señoras",
    "Dr.": "doctor", "Dra.": "doctora", "Dres.": "doctores", "D.": "don", "Dña.": "doña", "D.ª": "doña",
    "Ud.": "usted", "Uds.": "ustedes", "Vd.": "usted", "Vds.": "ustedes", "Prof.": "profesor",
    "Profa.": "profesora", "Lic.": "licenciado", "Ing.": "ingeniero", "Arq.": "arquitecto", "Gral.": "general",
    "Cnel.": "coronel", "Tte.": "teniente", "Mons.": "monseñor", "Sto.": "santo", "Sta.": "santa",
    "Fr.": "fray", "p. ej.": "por ejemplo", "P. ej.": "por ejemplo", "etc.": "etcétera", "pág.": "página",
    "págs.": "páginas", "núm.": "número", "Núm.": "número", "núms.": "números", "n.º": "número",
    "N.º": "número", "nº": "número", "Nº": "número", "n°": "número", "N°": "número", "n.°": "número",
    "N.°": "número", "N°.": "número", "Nº.": "número", "aprox.": "aproximadamente", "Av.": "avenida",
    "av.": "avenida", "Avda.": "avenida", "avda.": "avenida", "C/": "calle", "Pza.": "plaza", "Plza.": "plaza",
    "Pl.": "plaza", "Ctra.": "carretera", "Cra.": "carrera", "EE. UU.": "Estados Unidos",
    "EE.UU.": "Estados Unidos", "EEUU": "Estados Unidos", "EE UU": "Estados Unidos", "a. C.": "antes de Cristo",
    "d. C.": "después de Cristo", "a. de C.": "antes de Cristo", "d. de C.": "después de Cristo",
    "Tel.": "teléfono", "tel.": "teléfono", "Tfno.": "teléfono", "máx.": "máximo", "mín.": "mínimo",
    "dpto.": "departamento", "Dpto.": "departamento", "Depto.": "departamento", "art.": "artículo",
    "arts.": "artículos", "cap.": "capítulo", "vol.": "volumen", "vols.": "volúmenes", "fig.": "figura",
    "figs.": "figuras", "ed.": "edición", "Cía.": "compañía", "S.A.": "S A", "S. A.": "S A", "S.L.": "S L",
    "vs.": "versus", "c/u": "cada uno", "izq.": "izquierda", "dcha.": "derecha", "atte.": "atentamente",
    "Atte.": "atentamente", "lun.": "lunes", "mié.": "miércoles", "jue.": "jueves", "vie.": "viernes",
    "cdta.": "cucharadita", "cdtas.": "cucharaditas", "cda.": "cucharada", "cdas.": "cucharadas",
    "hab.": "habitantes", "vier.": "viernes", "sáb.": "sábado", "dom.": "domingo",
}  # fmt: skip
"""As written → as spoken."""

SPANISH: Final = Language(
    tag="es",
    name="Spanish",
    kokoro_code="e",
    misaki="espeak",
    espeak_voice="roa/es",
    warm_up="Tenemos 3 barcos. El próximo sale a mediodía, y el billete cuesta 5,50 €. ",
    normalization="romance",
    yes_no=("sí", "no"),
    segmentation=Segmentation(
        abbreviations=word_set(
            "sr sra srta sres sras dr dra dres dras d.ª ud uds vd vds prof profa prof.ª lic ing arq gral cnel tte "
            "mons fr st sta sto mr mrs ms av avda no nos núm núms nº n.º pág págs fig figs cap caps vol vols art arts "
            "art.º ed eds op ca cf v vs p.ej ej pp ee n.° n° tfno cra cl ctra pza plza pl blvr gob pdte pdta "
            "dip sen rev hno hna hnos exc excmo excma ilmo ilma cdte capt sgto alfz psic lda ldo dña d.ª depto dpto "
            "adm atte avda int izq dcha edo mpio lun mié mier mart jue vie vier sáb dom univ párr ref trad coord dir "
            "ed.º cód nro fdo bto cda cdas cdta cdtas"
        ),
        open_abbreviations=word_set(
            "etc inc ltd co corp cía s.a s.l a.m p.m a.c d.c a.c.n d.c.n ee.uu uu u.s u.k n.y l.a jr p tel ext aprox "
            "hab máx mín min seg hr hrs ene feb mar abr may jun jul ago sep sept oct nov dic"
        ),
        closing=word_set("etc a.m p.m"),
        measures=word_set("min seg hr hrs"),
        ambiguous=word_set("no nos mar may dom pl int dip"),
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
    numbers=NumberWords(num2words="es", locale="es", point="coma", minus="menos"),
    agreement=Agreement(
        genders={
            "veintiuno": ("veintiún", "veintiuna"),
            "uno": ("un", "una"),
            "doscientos": ("doscientos", "doscientas"),
            "trescientos": ("trescientos", "trescientas"),
            "cuatrocientos": ("cuatrocientos", "cuatrocientas"),
            "quinientos": ("quinientos", "quinientas"),
            "seiscientos": ("seiscientos", "seiscientas"),
            "setecientos": ("setecientos", "setecientas"),
            "ochocientos": ("ochocientos", "ochocientas"),
            "novecientos": ("novecientos", "novecientas"),
        },
        feminine=r".*(?:as?|ción|ciones|sión|siones|xión|xiones|gión|giones|nión|niones|tad|tades|dad|dades|tud|tudes"
        r"|umbres?|triz|trices|ez)|(?:vez|veces|mujer|mujeres|noche|tarde|mano|parte|clase|calle|base|frase|fase|llave"
        r"|clave|nave|ave|nube|fuente|muerte|suerte|torre|serie|especie|imagen|imágene|orden|órdene|flor|flore|luz|luce"
        r"|cruz|cruce|voz|voce|nuez|nuece|raíz|raíce|ley|leye|red|rede|pared|parede|sal|señal|señale|cárcel|cárcele"
        r"|piel|piele|foto|moto|gente|sangre|leche|carne|madre|sede|cumbre|superficie|tonelada|razón|razone|canción"
        r"|opción|isabel|actriz|diapositiva)s?",
        masculine=word_set(
            "día días problema problemas programa programas sistema sistemas tema temas clima climas idioma idiomas "
            "mapa mapas planeta planetas poeta poetas diploma diplomas drama dramas esquema esquemas lema lemas "
            "panorama síntoma síntomas dilema dilemas fantasma fantasmas aroma aromas poema poemas teorema teoremas "
            "telegrama telegramas crucigrama crucigramas cometa cometas sofá papá papás tranvía tranvías gorila "
            "gorilas atleta atletas artista artistas turista turistas periodista periodistas futbolista futbolistas "
            "ciclista ciclistas policía policías guardia guardias astronauta astronautas pirata piratas colega "
            "colegas kilograma quilograma pijama pijamas juez pez ajedrez papa buda eccema emblema emblemas enigma "
            "enigmas hambre lempira lempiras diez cólera analista analistas dentista dentistas deportista deportistas "
            "economista economistas tenista tenistas taxista taxistas pianista pianistas"
        ),
        plural=r"s$",
        functions=word_set(
            "fue fueron ha han está están eran será puede pueden tiene tienen más menos cada contra hacia según todo "
            "toda todos todas nada algo hay dice decía te me le les lo millón millones billón billones trillones mil "
            "estaba muy solo sólo tampoco bien"
        ),
        named=word_set(
            "página páginas pág capítulo número artículo versión nivel grupo fase tomo volumen canal línea planta "
            "piso sala aula puerta habitación tipo serie figura tabla ley decreto calle avenida carretera kilómetro "
            "puesto lugar día año siglo el uno punto apartado anexo modelo vuelo autobús dorsal opción pregunta "
            "ejercicio del al plan zona distrito sección unidad parte episodio temporada paso nota coma"
        ),
        repairs={"veintiuno mil": "veintiún mil", "y uno mil": "y un mil", "veintiuno millones": "veintiún millones"},
    ),
    written=WrittenForms(
        range="a",
        of=" de ",
        first="uno",
        dot="punto",
        hyphen="guion",
        underscore="guion bajo",
        colon="dos puntos",
        version="versión",
        clock=ClockForms(
            template="{hour} y {minute}",
            seconds=" y {second} segundos",
            cues="a la|a las|la|las|desde las|hasta las|entre las|sobre las|hora|hora:",
            halves=("de la mañana", "de la tarde", "de la noche"),
        ),
        telephones=TelephoneForms(
            cues="tel|teléf|teléfono|tfno|telf|móvil|celular|cel|fax|whatsapp|llámame al|llame al|llama al|llamar al"
            "|llamen al|marque el|marca el|número es el|número es|mi número es",
            shapes=(
                r"\d{2}[ ]\d{3}[ ]\d{2}[ ]\d{2}",
                r"\d{3}[ ]\d{2}[ ]\d{2}[ ]\d{2}",
                r"\d{3}-\d{3}-\d{3,4}",
                r"\(\d{2,4}\)[ ]?\d{3,4}[ -]\d{3,4}",
                r"\d{3}[ ]\d{3}[ ]\d{4}",
                r"\d{2}-\d{4}-\d{4}",
                r"[689]\d{2}-\d{2}-\d{2}-\d{2}",
                r"\d{3}-\d{2}-\d{2}-\d{2}",
            ),
            plus="más",
            extension="ext|extensión",
        ),
        signs={
            "&": "y",
            "+": "más",
            "=": "igual a",
            "×": "por",
            "÷": "entre",
            "±": "más menos",
            "≤": "menor o igual que",
            "≥": "mayor o igual que",
            "≠": "distinto de",
            "≈": "aproximadamente",
            "→": "a",
            "@": "arroba",
            "²": "al cuadrado",
            "³": "al cubo",
            "/": "barra",
            "№": "número",
            "§": "sección",
        },
        times="veces",
        minus_sign="menos",
        per="por",
        currencies={
            "€": Currency("euro", "euros", "céntimo", "céntimos"),
            "EUR": Currency("euro", "euros", "céntimo", "céntimos"),
            "$": Currency("dólar", "dólares", "centavo", "centavos"),
            "USD": Currency("dólar", "dólares", "centavo", "centavos"),
            "US$": Currency("dólar", "dólares", "centavo", "centavos"),
            "MX$": Currency("peso mexicano", "pesos mexicanos", "centavo", "centavos"),
            "£": Currency("libra", "libras", "penique", "peniques"),
            "¥": Currency("yen", "yenes", "centavo", "centavos"),
            "JPY": Currency("yen", "yenes"),
            "₹": Currency("rupia", "rupias"),
            "R$": Currency("real", "reales", "centavo", "centavos"),
            "₩": Currency("won", "wones"),
            "₡": Currency("colón", "colones", "céntimo", "céntimos"),
            "₧": Currency("peseta", "pesetas"),
            "₽": Currency("rublo", "rublos"),
            "₺": Currency("lira", "liras"),
            "₪": Currency("séquel", "séqueles"),
            "฿": Currency("baht", "bahts"),
            "₿": Currency("bitcoin", "bitcoins"),
            "NIO": Currency("córdoba", "córdobas", "centavo", "centavos"),
            "GTQ": Currency("quetzal", "quetzales", "centavo", "centavos"),
            "HNL": Currency("lempira", "lempiras", "centavo", "centavos"),
            "CHF": Currency("franco suizo", "francos suizos", "céntimo", "céntimos"),
            "MXN": Currency("peso mexicano", "pesos mexicanos", "centavo", "centavos"),
        },
        and_hundredths="con",
        rates={
            "mes": "al mes",
            "año": "al año",
            "día": "al día",
            "semana": "a la semana",
            "hora": "por hora",
            "h": "por hora",
            "persona": "por persona",
            "noche": "por noche",
            "kg": "por kilo",
        },
        large_numbers="mil millones|millón|millones|billón|billones|trillón|trillones|mil",
        large_letters={"M": "millones", "k": "mil", "K": "mil"},
        large_number_of="de ",
        thousands_comma=True,
        ordinals=OrdinalForms(
            masculine=r"[ºo]|\.?er|r[ao]|[dtvn]o|mo",
            feminine_endings=r"ª|ra|da|ta|ma|va|na",
            degree=True,
            parts={
                1: "primero",
                2: "segundo",
                3: "tercero",
                4: "cuarto",
                5: "quinto",
                6: "sexto",
                7: "séptimo",
                8: "octavo",
                9: "noveno",
                10: "décimo",
                11: "undécimo",
                12: "duodécimo",
                20: "vigésimo",
                30: "trigésimo",
                40: "cuadragésimo",
                50: "quincuagésimo",
                60: "sexagésimo",
                70: "septuagésimo",
                80: "octogésimo",
                90: "nonagésimo",
                100: "centésimo",
                200: "ducentésimo",
                300: "tricentésimo",
                400: "cuadringentésimo",
                500: "quingentésimo",
                600: "sexcentésimo",
                700: "septingentésimo",
                800: "octingentésimo",
                900: "noningentésimo",
                1000: "milésimo",
                1_000_000: "millonésimo",
            },
            joined={10: "decimo", 20: "vigesimo"},
            short={"primero": "primer", "tercero": "tercer"},
        ),
        romans=RomanForms(
            numbered="[Ss]iglos?|[Ss]\\.|[Cc]apítulos?|[Cc]ap\\.|[Tt]omos?|[Vv]olumen|[Ll]ibro|[Aa]cto|[Ee]scena|[Pp]arte"
            "|[Tt]ítulo|[Aa]nexo|[Ff]ase|[Tt]ipo|[Nn]ivel|[Ff]igura|[Tt]abla|[Ss]ección|[Aa]rtículo|[Gg]rupo|[Uu]nidad"
            "|[Tt]ema|[Ee]pisodio|[Ll]ección|[Cc]anto|[Gg]rado|[Cc]lase|[Cc]ategoría",
            rulers=word_set(
                "Felipe Carlos Alfonso Fernando Isabel Pablo Pedro Pío Juan Enrique Luis Jaime Sancho Ramiro Ordoño "
                "Francisco Benedicto León Gregorio Inocencio Clemente Alejandro Urbano Guillermo Jorge Eduardo "
                "Ricardo Jacobo Napoleón Nicolás Catalina Federico Otón Leopoldo José Amadeo Margarita Ramsés "
                "Tutmosis Amenofis Ptolomeo Darío Jerjes Constantino Teodosio Justiniano Abderramán Alhakén Balduino "
                "Alberto Gustavo Adriano Sixto Julio Bonifacio Martín Calixto María Cristián Haakon Olaf Harald "
                "Víctor Manuel Humberto Maximiliano Rodolfo Bermudo García Garcilaso Berenguer Teobaldo Godofredo "
                "Bohemundo rey reina papa emperador emperatriz zar sultán príncipe duque conde"
            ),
            last_ordinal=10,
            spelled={"s.": "siglo", "S.": "siglo"},
        ),
        numero=word_set("número ley decreto"),
        parts={2: ("medio", "medios"), 3: ("tercio", "tercios")},
        elevenths="avo",
        over="sobre",
        half=("medio", "media"),
        half_behind=("medio", "media"),
        and_half="y",
        units={"hs": "duration-hour", "km/hr": "speed-kilometer-per-hour", "Mbps": "megabit/second"},
        abbreviations=_ABBREVIATIONS,
        number_abbreviations={
            "p.": "página",
            "pp.": "páginas",
            "No.": "número",
            "no.": "número",
            "Ext.": "extensión",
            "km.": "kilómetro",
            "t.": "tomo",
            "v.": "versículo",
        },
    ),
)
