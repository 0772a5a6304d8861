"""French, as spoken in France."""

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
    "M.": "monsieur", "MM.": "messieurs", "Mme": "madame", "Mme.": "madame", "Mmes": "mesdames",
    "Mlle": "mademoiselle", "Mlles": "mesdemoiselles", "Mgr": "monseigneur", "Dr": "docteur", "Dr.": "docteur",
    "Drs": "docteurs", "Pr": "professeur", "Pr.": "professeur", "St": "saint", "Ste": "sainte",
    "p. ex.": "par exemple", "par ex.": "par exemple", "c.-à-d.": "c'est-à-dire", "càd": "c'est-à-dire",
    "n°": "numéro", "N°": "numéro", "nº": "numéro", "Nº": "numéro", "N°.": "numéro", "env.": "environ",
    "av. J.-C.": "avant Jésus-Christ", "ap. J.-C.": "après Jésus-Christ", "apr. J.-C.": "après Jésus-Christ",
    "chap.": "chapitre", "fig.": "figure", "éd.": "édition", "bd": "boulevard", "Bd": "boulevard",
    "bd.": "boulevard", "Bd.": "boulevard", "Blvd": "boulevard", "av.": "avenue", "Av.": "avenue",
    "tél.": "téléphone", "Tél.": "téléphone", "cf.": "confer", "Cie": "compagnie", "Sté": "société",
    "dép.": "département", "janv.": "janvier", "févr.": "février", "juil.": "juillet", "oct.": "octobre",
    "nov.": "novembre", "déc.": "décembre", "max.": "maximum", "min.": "minimum", "vs": "versus",
    "vs.": "versus", "RDV": "rendez-vous", "rdv": "rendez-vous", "svp": "s'il vous plaît",
    "SVP": "s'il vous plaît", "resp.": "respectivement", "qqn": "quelqu'un", "qqch": "quelque chose",
    "hab.": "habitants",
    "24h/24": "vingt-quatre heures sur vingt-quatre", "24 h/24": "vingt-quatre heures sur vingt-quatre",
    "c. à café": "cuillère à café", "c. à c.": "cuillère à café", "c. à soupe": "cuillère à soupe",
    "c. à s.": "cuillère à soupe", "7j/7": "sept jours sur sept", "7 j/7": "sept jours sur sept",
}  # fmt: skip
"""As written → as spoken."""

FRENCH: Final = Language(
    tag="fr-fr",
    name="French",
    codes=("fr",),
    kokoro_code="f",
    misaki="espeak",
    espeak_voice="roa/fr",
    warm_up="Nous avons 3 bateaux. Le prochain part à midi, et le billet coûte 5,50 €. ",
    normalization="romance",
    yes_no=("oui", "non"),
    segmentation=Segmentation(
        abbreviations=word_set(
            "M MM mme mmes mlle mlles mgr dr drs pr prof st ste fr mr mrs ms av apr env no nos nº fig chap vol art éd "
            "ed cf p.ex ex p pp bd tél ca vs op c.-à-d me mes gal col cdt cne lt adj m.me mgrs r.p dir prés dép sén "
            "min.re resp trad coll bibl fasc suppl n° nº lun ven sam dim "
            "ap blvd boul fg pl imp all rte univ inst fac dépt"
        ),
        open_abbreviations=word_set(
            "etc inc ltd co corp cie s.a s.a.r.l a.m p.m j.-c u.s u.k n.y l.a jr min sec ext max janv févr avr juil "
            "sept oct nov déc hab"
        ),
        closing=word_set("etc a.m p.m"),
        measures=word_set("min sec"),
        ambiguous=word_set("no nos art ex me mes col pl all dir ap lt inst"),
        starters=word_set(
            "le la les l' un une des du d' ce c' cet cette ces ça il ils elle elles on nous vous je j' tu son sa ses "
            "leur leurs mon ma mes notre votre et mais ou donc or car si s' ne n' quand lorsque comme où qui que qu' "
            "quoi pourquoi comment dans en à au aux pour par sur sous avec sans après avant depuis pendant puis alors "
            "ensuite aussi ainsi enfin voici voilà"
        ),
        conjunctions=word_set("et ou mais donc car parce que qui quand où lorsque tandis"),
        proclitics=word_set(
            "le la les un une des du de en à au aux et ou que qui pour par sur dans avec sans ne son sa ses mon ma "
            "mes est virgule moins degrés cent mille million millions"
        ),
    ),
    numbers=NumberWords(num2words="fr", locale="fr", point="virgule", minus="moins"),
    agreement=Agreement(
        genders={"un": ("un", "une")},
        final=True,
        feminine=r".*(?:[tsx]ions?|gions?|nions?|ées?|ettes?|elles?|esses?|[^v]illes?|ances?|ences?|ures?|[^n]ies?|ades?"
        r"|udes?|ises?|aisons?|[^oi]ines?|aines?|onnes?|ennes?|ières?|euses?|trices?|ités?|oles?|asses?|isses?|ouches?"
        r"|anches?|ombes?|orbes?|anes?|ognes?|agnes?|iques|oires?|ottes?|attes?|uites?|ives?|aves?|erses?|outes?)"
        r"|(?:heure|livre|tonne|once|minute|seconde|calorie|roupie|semaine|journée|année|femme|page|ligne|étoile|table"
        r"|chaise|porte|chambre|pièce|tasse|goutte|boîte|part|partie|main|tête|voix|nuit|vie|ville|île|rue|route|place"
        r"|équipe|étape|cuillère|église|langue|lettre|photo|vidéo|chanson|image|idée|question|réponse|victoire|défaite|mort"
        r"|naissance|classe|carte|clé|clef|fleur|couleur|feuille|plante|vache|poule|souris|dent|jambe|oreille|épaule"
        r"|couche|espèce|bouteille|pomme|poire|orange|tomate|carotte|tartine|milliseconde|kilocalorie|maison|fois|moto"
        r"|mère|sœur|soeur|cousine|tante|dame|fin|base|phrase|règle|loi|usine|école|guerre|tour|couronne|peseta|lire"
        r"|centaine|douzaine|dizaine|heures|société|entreprise|banque|marque|fabrique|boutique|chèvre|brebis|arme"
        r"|adresse|chose|cause|note|faute|peine|flamme|larme|larve|virgule|rame|lampe|jupe|robe|chemise|veste|chaussure"
        r"|chance|forme|norme|somme|ferme|plage|montagne|mer|forêt|eau|voiture|roue|vis|noix|croix|perdrix|paix)s?",
        masculine=word_set(
            "silence silences stade stades grade grades musée musées lycée lycées trophée trophées génie génies "
            "incendie incendies parapluie parapluies domaine domaines capitaine capitaines magazine magazines mètre "
            "mètres kilomètre kilomètres centimètre centimètres père pères frère frères comité comités traité traités "
            "côté côtés été étés député députés murmure murmures foie sosie messie territoire territoires laboratoire "
            "laboratoires répertoire mémoire observatoire conservatoire auditoire pourboire interrogatoire square "
            "million millions milliard milliards mille squelette modèle modèles fidèle camarade camarades malade "
            "malades élève élèves symbole symboles pétrole contrôle contrôles rôle rôles monopole protocole "
            "protocoles vignoble arcane organe organes crâne crânes âne ânes patriarche dimanche dimanches manche "
            "oblique squatte carnivore archive doute doutes raisin souffre chiffre"
        ),
        plural=r"[sxz]$",
        functions=word_set(
            "est sont était ont a plus moins chaque selon vers tout toute tous toutes rien fois-ci million millions "
            "milliard milliards mille n'est très bien lequel dont selon peut doit fait avait"
        ),
        named=word_set(
            "page pages chapitre numéro article version niveau groupe phase tome volume canal ligne étage salle porte "
            "chambre type série figure tableau loi avenue kilomètre place jour année siècle le point annexe modèle "
            "vol bus option question exercice zone section unité partie épisode saison étape note virgule du au "
            "article"
        ),
    ),
    written=WrittenForms(
        range="à",
        of=" ",
        first="premier",
        dot="point",
        hyphen="tiret",
        underscore="tiret bas",
        colon="deux points",
        version="version",
        clock=ClockForms(
            template="{hour} {minute}",
            hour=("heure", "heures"),
            seconds=" et {second} secondes",
            cues="(?!)",
        ),
        telephones=TelephoneForms(
            cues="tél|tel|téléphone|fax|portable|mobile|appelez le|appeler le|appelle le|composez le|numéro",
            shapes=(
                r"0\d(?:[ .-]\d\d){4}",
                r"\d\d(?:[ .]\d\d){4}",
                r"0[ ]?8\d\d[ ]\d{3}[ ]\d{3}",
                r"08\d\d[ ]\d{3}[ ]\d{3}",
            ),
            pairs=True,
            plus="plus",
            extension="poste|poste",
        ),
        signs={
            "&": "et",
            "+": "plus",
            "=": "égale",
            "×": "fois",
            "÷": "divisé par",
            "±": "plus ou moins",
            "≤": "inférieur ou égal à",
            "≥": "supérieur ou égal à",
            "≠": "différent de",
            "≈": "environ",
            "→": "vers",
            "@": "arobase",
            "²": "au carré",
            "³": "au cube",
            "/": "barre",
            "№": "numéro",
            "§": "paragraphe",
        },
        times="fois",
        minus_sign="moins",
        per="par",
        currencies={
            "€": Currency("euro", "euros", "centime", "centimes"),
            "EUR": Currency("euro", "euros", "centime", "centimes"),
            "$": Currency("dollar", "dollars", "cent", "cents"),
            "USD": Currency("dollar", "dollars", "cent", "cents"),
            "US$": Currency("dollar", "dollars", "cent", "cents"),
            "£": Currency("livre", "livres", "penny", "pence"),
            "GBP": Currency("livre", "livres", "penny", "pence"),
            "¥": Currency("yen", "yens"),
            "JPY": Currency("yen", "yens"),
            "₹": Currency("roupie", "roupies"),
            "₩": Currency("won", "won"),
            "₽": Currency("rouble", "roubles"),
            "₺": Currency("livre turque", "livres turques"),
            "₪": Currency("shekel", "shekels"),
            "₿": Currency("bitcoin", "bitcoins"),
            "CHF": Currency("franc suisse", "francs suisses", "centime", "centimes"),
        },
        and_hundredths="",
        rates={
            "mois": "par mois",
            "an": "par an",
            "jour": "par jour",
            "semaine": "par semaine",
            "heure": "de l'heure",
            "h": "de l'heure",
            "personne": "par personne",
            "pers.": "par personne",
            "nuit": "par nuit",
            "kg": "le kilo",
        },
        names_hundredths=False,
        large_numbers="millions?|milliards?|billions?|mille",
        large_letters={"M": "millions", "Md": "milliards", "Mds": "milliards", "k": "mille", "K": "mille"},
        large_number_of="de ",
        elided_of="d'",
        singular_zero=True,
        ordinals=OrdinalForms(
            masculine="er|ers|i?[eè]me|e|nd|d",
            feminine_endings="ère|re|nde|de",
            special={"nd": "second", "d": "second", "nde": "seconde", "de": "seconde"},
            feminine={"premier": "première"},
            feminine_ending=(r"$", ""),
        ),
        romans=RomanForms(
            numbered="[Cc]hapitres?|[Cc]hap\\.|[Tt]omes?|[Vv]olumes?|[Ll]ivres?|[Aa]ctes?|[Ss]cènes?|[Pp]arties?|[Tt]itres?"
            "|[Aa]nnexes?|[Pp]hases?|[Tt]ypes?|[Nn]iveau|[Ff]igures?|[Tt]ableau|[Ss]ections?|[Aa]rticles?|[Gg]roupes?",
            rulers=word_set(
                "Louis Henri Charles François Philippe Napoléon Élisabeth Elisabeth Jean Paul Pie Benoît Léon "
                "Grégoire Innocent Clément Alexandre Urbain Guillaume Georges Édouard Richard Jacques Nicolas "
                "Catherine Frédéric Otton Léopold Baudouin Albert Gustave Ramsès Ptolémée Darius Xerxès Constantin "
                "Théodose Justinien Adrien Sixte Jules Boniface Martin Marie Christian Harald Victor Humbert "
                "Maximilien Rodolphe Robert Clovis Childéric Clotaire Dagobert Thierry Hugues Bohémond Ferdinand "
                "Alphonse Pierre Joseph roi reine pape empereur tsar sultan prince duc comte"
            ),
            last_ordinal=1,
            before_noun=False,
            endings="ers?|res?|i?[eè]mes?|es?|nde?",
        ),
        numero=word_set("numéro loi décret"),
        parts={2: ("demi", "demis"), 3: ("tiers", "tiers"), 4: ("quart", "quarts")},
        over="sur",
        half=("un demi", "une demi"),
        half_behind=("demi", "demie"),
        and_half="et",
        units={
            "Go": "digital-gigabyte",
            "Mo": "digital-megabyte",
            "To": "digital-terabyte",
            "ko": "digital-kilobyte",
            "Ko": "digital-kilobyte",
            "Po": "digital-petabyte",
            "Go/s": "gigabyte/second",
            "Mo/s": "megabyte/second",
            "km/heure": "speed-kilometer-per-hour",
        },
        abbreviations=_ABBREVIATIONS,
        number_abbreviations={
            "p.": "page",
            "pp.": "pages",
            "art.": "article",
            "Art.": "article",
            "lun.": "lundi",
            "ven.": "vendredi",
            "sam.": "samedi",
            "dim.": "dimanche",
            "vol.": "volume",
            "t.": "tome",
            "v.": "verset",
            "no": "numéro",
        },
    ),
)
