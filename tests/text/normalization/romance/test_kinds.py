"""Each kind of written form, in each of the languages."""

from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize

Case = tuple[str, str, str]

COUNTS: list[Case] = [
    ("es", "Compró 41 sillas y 1 mesa", "Compró cuarenta y una sillas y una mesa"),
    ("es", "Vendió 300 mil entradas", "Vendió trescientas mil entradas"),
    ("es", "la página 31 y la sala 1", "la página treinta y uno y la sala uno"),
    ("es", "1 o 2", "uno o dos"),
    ("fr-fr", "1 chaise et 61 voitures", "une chaise et soixante et une voitures"),
    ("fr-fr", "la page 1 du livre", "la page un du livre"),
    ("it", "1 bottiglia, 1 zio e 1 amico", "una bottiglia, uno zio e un amico"),
    ("pt-br", "2 crianças e 600 pessoas", "duas crianças e seiscentas pessoas"),
    ("pt-br", "Tem 17 anos e 19 gatos", "Tem dezessete anos e dezenove gatos"),
    ("pt-br", "4.000.000.000 de anos", "quatro bilhões de anos"),
    ("es", "5.000.000 habitantes", "cinco millones de habitantes"),
    ("es", "350,000 personas", "trescientas cincuenta mil personas"),
    ("es", "1 millón", "un millón"),
    ("es", "2 cdas. de aceite", "dos cucharadas de aceite"),
    ("fr-fr", "1 c. à café de sel", "une cuillère à café de sel"),
    ("pt-br", "Flamengo 2 x 1 Vasco", "Flamengo dois a um Vasco"),
    ("pt-br", "venceu por 3x0; tabuleiro 8x8", "venceu por três a zero; tabuleiro oito vezes oito"),
    ("fr-fr", "En 30 min. environ", "En trente minutes environ"),
    ("es", "25 min. más", "veinticinco minutos más"),
    ("it", "20 sec. dopo", "venti secondi dopo"),
    ("pt-br", "na R. das Flores", "na rua das Flores"),
    ("pt-br", "em 3x sem juros", "em três vezes sem juros"),
    ("es", "2x más en ~5 min", "dos veces más en aproximadamente cinco minutos"),
    ("es", "en 3D.", "en tres D."),
    ("fr-fr", "1,5 M de personnes, note 12/20", "un virgule cinq millions de personnes, note douze sur vingt"),
    ("es", "el lunes 20/1", "el lunes veinte de enero"),
    ("fr-fr", "avant ven. 17, n°1, XIXe s.", "avant vendredi dix-sept, numéro un, dix-neuvième s."),
    ("it", "120 mq a 5 euro/kg", "centoventi metri quadrati a cinque euro al chilo"),
    ("es", "El área es $A = \\pi r^2$ y cuesta $5", "El área es A igual a pi r al cuadrado y cuesta cinco dólares"),
    ("fr-fr", "\\(x = \\frac{a+b}{2}\\)", "x égale a plus b sur deux"),
    ("pt-br", "$\\sqrt{x} - 1 \\leq 3$", "raiz quadrada de x menos um menor ou igual a três"),
]
MONEY: list[Case] = [
    ("es", "7.000.000 €", "siete millones de euros"),
    ("es", "$2,500.00", "dos mil quinientos dólares"),
    ("es", "0,75 €", "setenta y cinco céntimos"),
    ("es", "4,5 M€", "cuatro coma cinco millones de euros"),
    ("fr-fr", "3 000 000 €", "trois millions d'euros"),
    ("fr-fr", "0,60 €", "soixante centimes"),
    ("fr-fr", "2 Md€", "deux milliards d'euros"),
    ("it", "2.000.000 €", "due milioni di euro"),
    ("it", "€ 0,30", "trenta centesimi"),
    ("pt-br", "R$ 0,25", "vinte e cinco centavos"),
    ("pt-br", "US$ 30", "trinta dólares"),
    ("pt-br", "R$ 1,7 bilhão", "um vírgula sete bilhão de reais"),
    ("es", "40 CHF", "cuarenta francos suizos"),
    ("it", "15-20 €", "quindici a venti euro"),
    ("es", "19,99 €/mes", "diecinueve euros con noventa y nueve céntimos al mes"),
    ("fr-fr", "5 €/kg", "cinq euros le kilo"),
    ("it", "9 €/mese", "nove euro al mese"),
    ("pt-br", "R$ 9,00/mês", "nove reais por mês"),
    ("it", "2 mln di euro", "due milioni di euro"),
]
ROMANS: list[Case] = [
    ("es", "el siglo XVIII y Alfonso XIII", "el siglo dieciocho y Alfonso trece"),
    ("es", "Isabel II", "Isabel segunda"),
    ("es", "Enrique VIII", "Enrique octavo"),
    ("es", "III Congreso y IV Edición", "tercer Congreso y cuarta Edición"),
    ("es", "el grupo C y el tomo V", "el grupo C y el tomo cinco"),
    ("fr-fr", "Henri IV au XVIe siècle", "Henri quatre au seizième siècle"),
    ("fr-fr", "François Ier, acte III", "François premier, acte trois"),
    ("fr-fr", "le XVIIᵉ siècle", "le dix-septième siècle"),
    ("it", "Carlo V nel XVI secolo", "Carlo quinto nel sedicesimo secolo"),
    ("it", "il capitolo VII", "il capitolo sette"),
    ("pt-br", "Pedro I e Bento XVI", "Pedro primeiro e Bento dezesseis"),
    ("pt-br", "século XV", "século quinze"),
    ("es", "los siglos XVI-XVII", "los siglos dieciséis a diecisiete"),
    ("fr-fr", "XVIe-XVIIe siècle", "seizième à dix-septième siècle"),
]
ORDINALS: list[Case] = [
    ("es", "2.º piso, 3.er premio, 4ta vez", "segundo piso, tercer premio, cuarta vez"),
    ("es", "51.ᵉʳ", "quincuagésimo primer"),
    ("fr-fr", "la 1ère, le 5e, la 2nde", "la première, le cinquième, la seconde"),
    ("it", "il 5° posto e la 3ª fila", "il quinto posto e la terza fila"),
    ("it", "a 40° e 20° all'ombra", "a quaranta gradi e venti gradi all'ombra"),
    ("pt-br", "o 8º lugar e a 31ª vez", "o oitavo lugar e a trigésima primeira vez"),
]
FRACTIONS: list[Case] = [
    ("es", "1/2 litro y 1/2 botella", "medio litro y media botella"),
    ("es", "2/3 de la clase", "dos tercios de la clase"),
    ("es", "2 1/2 horas", "dos y media horas"),
    ("es", "1/2 km", "medio kilómetro"),
    ("fr-fr", "1/4 de la tarte", "un quart de la tarte"),
    ("it", "1/2 bottiglia", "mezza bottiglia"),
    ("it", "⅔ di torta", "due terzi di torta"),
    ("es", "1/3 votaron que no", "un tercio votaron que no"),
    ("fr-fr", "1/3 étaient là", "un tiers étaient là"),
    ("pt-br", "1/2 garrafa e 3/4 de litro", "meia garrafa e três quartos de litro"),
    ("es", "abierto 24/7", "abierto veinticuatro siete"),
]
CLOCK: list[Case] = [
    ("es", "a la 1:15", "a la una y quince"),
    ("es", "a las 4.20 p. m.", "a las cuatro y veinte de la tarde."),
    ("es", "a las 9 a.m. en punto", "a las nueve de la mañana en punto"),
    ("es", "de 8 a 15 h", "de ocho a quince horas"),
    ("es", "10:00 UTC+2", "diez UTC más dos"),
    ("fr-fr", "à 7 h 45", "à sept heures quarante-cinq"),
    ("fr-fr", "ouvert 24h/24", "ouvert vingt-quatre heures sur vingt-quatre"),
    ("it", "alle 18.40 e all'1.05", "alle diciotto e quaranta e all'una e cinque"),
    ("pt-br", "às 2h15", "às duas e quinze"),
    ("pt-br", "21:00", "vinte e uma"),
    ("es", "Schlechtendal 19:27–38", "Schlechtendal diecinueve, veintisiete a treinta y ocho"),
]
DATES: list[Case] = [
    ("es", "12 abril 1931", "doce de abril de mil novecientos treinta y uno"),
    ("es", "el 4/7", "el cuatro de julio"),
    ("fr-fr", "les 3-4-5 mai", "les trois quatre cinq mai"),
    ("fr-fr", "05.06.2014", "cinq juin deux mille quatorze"),
    ("it", "Il 1° giugno 2021", "Il primo giugno duemilaventuno"),
    ("it", "il 3-10-98", "il tre ottobre millenovecentonovantotto"),
    ("pt-br", "2019-07-01", "primeiro de julho de dois mil e dezenove"),
    ("pt-br", "06/25/2021", "vinte e cinco de junho de dois mil e vinte e um"),
]
CODES: list[Case] = [
    ("es", "Tel. 93 456 78 90", "teléfono nueve tres, cuatro cinco seis, siete ocho, nueve cero"),
    ("es", "+52 55 1234 5678", "más cincuenta y dos, cinco cinco, uno dos tres cuatro, cinco seis siete ocho"),
    ("fr-fr", "06.98.76.54.32", "zéro six, quatre-vingt-dix-huit, soixante-seize, cinquante-quatre, trente-deux"),
    ("it", "02 7654321", "zero due, sette sei cinque quattro tre due uno"),
    ("pt-br", "(21) 99876-5432", "dois um, nove nove oito sete seis, cinco quatro três dois"),
    ("pt-br", "CEP 22041-001", "CEP dois dois zero quatro um, zero zero um"),
    ("es", "10.0.0.7", "uno cero punto cero punto cero punto siete"),
    ("es", "v2.14", "versión dos punto catorce"),
    ("es", "informe.pdf", "informe punto pdf"),
    ("it", "ISBN 978-88-04-123-4", "ISBN nove sette otto, otto otto, zero quattro, uno due tre, quattro"),
]
ABBREVIATIONS: list[Case] = [
    ("es", "la Dra. Paz, p. ej., y EE. UU.", "la doctora Paz, por ejemplo, y Estados Unidos."),
    ("es", "Av. Colón, n.º 3, págs. 4 y 5", "avenida Colón, número tres, páginas cuatro y cinco"),
    ("es", "Juan D. Ruiz", "Juan D. Ruiz"),
    ("fr-fr", "p. 9, chap. 2, vol. 3", "page neuf, chapitre deux, volume trois"),
    ("fr-fr", "des pommes, etc. et voilà", "des pommes, etc. et voilà"),
    ("fr-fr", "C'est un vol.", "C'est un vol."),
    ("it", "l'Avv. Neri, pag. 3, n. 9", "l'avvocato Neri, pagina tre, numero nove"),
    ("pt-br", "a Profa. Reis, p. ex., etc.", "a professora Reis, por exemplo, etcétera."),
]
SUMS: list[Case] = [
    ("es", "9/9 y #4", "nueve sobre nueve y número cuatro"),
    ("pt-br", "Lei nº 14/97", "Lei número catorze barra noventa e sete"),
    ("it", "una scala 1:500", "una scala uno a cinquecento"),
    ("fr-fr", "9h-11h", "neuf heures à onze heures"),
    ("es", "2 nov. 2015", "dos de noviembre de dos mil quince"),
    ("es", "4/5 partes", "cuatro quintas partes"),
    ("it", "IX novembre", "nove novembre"),
    ("es", "8 - 2 = 6", "ocho menos dos igual a seis"),
    ("fr-fr", "8 - 2 = 6", "huit moins deux égale six"),
    ("it", "3 x 4", "tre per quattro"),
    ("pt-br", "4-0", "quatro a zero"),
    ("es", "-286- y", ", doscientos ochenta y seis, y"),
]
NO_UNITS: list[Case] = [
    ("es", "En 2021 ha llovido", "En dos mil veintiuno ha llovido"),
    ("it", "Nel 2021 mi ha scritto", "Nel duemilaventuno mi ha scritto"),
    ("fr-fr", "En 2021 l'eau et en 2022 s'est", "En deux mille vingt et un l'eau et en deux mille vingt-deux s'est"),
    ("es", "3 ha de viñas", "tres hectáreas de viñas"),
]


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [
        *COUNTS,
        *MONEY,
        *ROMANS,
        *ORDINALS,
        *FRACTIONS,
        *CLOCK,
        *DATES,
        *CODES,
        *ABBREVIATIONS,
        *SUMS,
        *NO_UNITS,
    ],
)
def test_kind_is_spoken(language: str, written: str, spoken: str) -> None:
    assert normalize(written, language) == spoken
