"""Titles, abbreviations and initialisms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.verbalizer import Verbalizer

_TITLES: Final[Mapping[str, str]] = {
    "Dr": "Doctor", "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Prof": "Professor", "Rev": "Reverend",
    "Hon": "Honorable", "Gen": "General", "Col": "Colonel", "Maj": "Major", "Capt": "Captain", "Cpt": "Captain",
    "Lt": "Lieutenant", "Sgt": "Sergeant", "Cpl": "Corporal", "Cmdr": "Commander", "Adm": "Admiral", "Gov": "Governor",
    "Sen": "Senator", "Rep": "Representative", "Pres": "President", "Supt": "Superintendent", "Fr": "Father",
    "Mt": "Mount", "Ft": "Fort", "St": "Saint", "Messrs": "Messieurs", "DR": "Doctor", "MR": "Mister", "MRS": "Missus",
    "Sᵗ": "Saint", "Drs": "Doctors", "Sens": "Senators", "Reps": "Representatives", "Pvt": "Private",
}  # fmt: skip
_ABBREVIATIONS: Final[Mapping[str, str]] = {
    "e.g.": "for example", "eg.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus",
    "vs": "versus", "approx.": "approximately", "ca.": "circa", "cf.": "compare", "et al.": "et al", "viz.": "namely",
    "incl.": "including", "excl.": "excluding", "esp.": "especially", "avg.": "average", "temp.": "temperature",
    "dept.": "department", "Dept.": "Department", "Est.": "Established", "govt.": "government",
    "Inc.": "Incorporated", "Ltd.": "Limited", "Co.": "Company", "Corp.": "Corporation", "Bros.": "Brothers",
    "Jr.": "Junior", "Sr.": "Senior", "Esq.": "Esquire", "misc.": "miscellaneous", "tel.": "telephone",
    "Tel.": "Telephone", "ext.": "extension", "Ext.": "Extension", "Assn.": "Association", "Univ.": "University",
    "hrs.": "hours", "mins.": "minutes", "yrs.": "years", "abbr.": "abbreviation", "P.S.": "P.S", "aka": "A.K.A",
    "ASAP": "A.S.A.P", "w.r.t.": "with respect to", "b/w": "between", "PhD": "P.H.D", "Ph.D.": "P.H.D", "Ph.D": "P.H.D",
    "PhDs": "P.H.D's", "MSc": "M.S.C", "BSc": "B.S.C", "NYU": "N.Y.U", "AWS": "A.W.S", "IQ": "I.Q", "NaCl": "N.A.C.L",
    "NaOH": "N.A.O.H", "HCl": "H.C.L", "KCl": "K.C.L", "NaHCO₃": "N.A.H.C.O three", "Wi-Fi": "Wifi", "WiFi": "Wifi",
    "&c.": "et cetera", "&c": "et cetera", "no.s": "numbers", "Ave.": "Avenue", "Blvd.": "Boulevard",
    "intl.": "international", "Intl.": "International", "natl.": "national", "hwy.": "highway", "Hwy.": "Highway",
    "pkg.": "package", "qty.": "quantity", "Qty.": "Quantity", "appt.": "appointment", "apt.": "apartment",
    "orig.": "originally", "prob.": "probably", "ed.": "edition", "eds.": "editors", "trans.": "translated by",
    "max.": "maximum", "Mfg.": "Manufacturing", "mfg.": "manufacturing",
    "resp.": "respectively", "dia.": "diameter", "ltd.": "limited",
    "Sgt. 1st": "Sergeant 1st", "wt.": "weight", "ht.": "height", "Avg.": "Average",
    "approx": "approximately", "Approx.": "Approximately", "Approx": "Approximately", "acct.": "account",
    "Acct.": "Account", "Attn:": "Attention:", "attn:": "attention:", "Asst.": "Assistant", "asst.": "assistant",
    "Mgr.": "Manager", "mgr.": "manager", "Encl.": "Enclosure", "encl.": "enclosed", "Gov't.": "Government",
    "Gov't": "Government", "gov't.": "government", "gov't": "government", "Int'l.": "International",
    "Int'l": "International", "int'l": "international", "Nat'l": "National", "nat'l": "national", "dep't": "department",
    "pcs.": "pieces", "pkgs.": "packages", "Min. wage": "Minimum wage", "min. wage": "minimum wage",
    "Temp.": "Temperature", "Govt.": "Government", "Incl.": "Including", "Excl.": "Excluding", "No. of": "Number of",
    "no. of": "number of", "lg.": "large", "med.": "medium", "pkt.": "packet", "tbc": "T.B.C", "cu. m": "cubic meters",
    "pmt.": "payment", "rec'd": "received", "Bal.": "Balance", "Dir. of": "Director of", "V.P. of": "V.P of",
    "cu. ft.": "cubic feet", "cu. ft": "cubic feet", "cu. in.": "cubic inches", "cu. yd.": "cubic yards",
}  # fmt: skip
_WITHOUT_STOP_ONLY_BEFORE_SMALL: Final = frozenset("ed. eds. trans. max. prob. orig. temp. dia. wt. ht.".split())
_BEFORE_NUMBER: Final[Mapping[str, str]] = {
    "No": "number", "no": "number", "Nos": "numbers", "nos": "numbers", "Nr": "number", "pp": "pages", "p": "page",
    "pg": "page", "vol": "volume", "Vol": "Volume", "vols": "volumes", "ch": "chapter", "Ch": "Chapter",
    "chap": "chapter", "Chap": "Chapter", "sec": "section", "Sec": "Section", "fig": "figure", "Fig": "Figure",
    "figs": "figures", "Figs": "Figures", "eq": "equation", "Eq": "Equation", "Art": "Article", "art": "article",
    "Ex": "Example", "Rm": "Room", "rm": "room", "Apt": "Apartment", "apt": "apartment", "Ste": "Suite",
    "Op": "Opus", "op": "opus", "par": "paragraph", "ver": "version", "Ver": "version", "v": "version",
    "NO": "number", "NOS": "numbers", "VOL": "volume", "FIG": "figure", "CH": "chapter", "Hwy": "Highway",
    "Chp": "Chapter", "chp": "chapter", "para": "paragraph", "paras": "paragraphs", "Para": "Paragraph",
    "Sched": "Schedule", "Iss": "Issue", "cl": "clause", "ss": "sections", "s": "section", "Exh": "Exhibit",
    "Secs": "Sections", "arts": "articles", "Arts": "Articles", "Reg": "Regulation",
    "Ph": "Phone", "Rte": "Route", "Bldg": "Building", "Flr": "Floor", "Pt": "Part", "Vols": "Volumes", "Bk": "Book",
}  # fmt: skip
_PLAIN_BEFORE_NUMBER: Final = frozenset("Rm Apt Ste Hwy Rte Bldg".split())
"""Those that need no stop."""

_DIALECT: Final = {"th": "the", "o": "of", "wi": "with", "an": "and"}
_ARE: Final = "how what who when where why which there here these those that"


_LAW: Final[Mapping[str, str]] = {
    "Fed. R. Civ. P.": "Federal Rule of Civil Procedure", "Fed. R. Crim. P.": "Federal Rule of Criminal Procedure",
    "Fed. R. Evid.": "Federal Rule of Evidence", "Fed. R. App. P.": "Federal Rule of Appellate Procedure",
    "S. Ct.": "Supreme Court", "Pub. L. No.": "Public Law", "Pub. L.": "Public Law", "Fed. Reg.": "Federal Register",
    "F. Supp.": "F Supp", "F.Supp.": "F Supp",
}  # fmt: skip
"""What stands in citations of American law."""

_SERIES: Final = {"2": "second", "3": "third", "4": "fourth"}


def _every(match: re.Match[str], _: Verbalizer) -> str:
    """How often a medicine is taken: "q6h", "q4-6h"."""
    return f"every {match[1]} to {match[2]} hours" if match[2] else f"every {match[1]} hours"


def _abbreviation(match: re.Match[str], _: Verbalizer) -> str:
    """The words; the stop of an abbreviation that ends the text, or a sentence in it, ends the sentence, too."""
    written = match[0]
    after = match.string[match.end() :]
    if written in _WITHOUT_STOP_ONLY_BEFORE_SMALL and not re.match(r"[ ][a-z\d$£€]|,", after):
        return written
    ends = not after.strip("\"') \n") or (written == "etc." and re.match(r"[\"')]?[ ][A-Z]", after) is not None)
    return _ABBREVIATIONS[written] + ("." if written[-1] == "." and ends else "")


def _before_number(match: re.Match[str], _: Verbalizer) -> str:
    return f"{_BEFORE_NUMBER[match[1]]} "


BEFORE_PLACES: Final[tuple[Rule, ...]] = (
    rule(
        rf"(?<!\w)(?<!\w['’])({either(_BEFORE_NUMBER)})"
        r"(?:\.[ ]?(?=[#\d]|[IVXLC]{1,6}(?!\w)|[ivxl]{1,5}(?![\w.]))|\.[ ](?=[A-Z]\d|\d?[A-Z](?!\w)))",
        _before_number,
        hint=".",
    ),
    rule(rf"(?<!\w)({'|'.join(_PLAIN_BEFORE_NUMBER)})\.?[ ](?=#?\d)", _before_number),
    rule(r"(?<!\w)(NO|VOL|Vol)[ ](?=\d)", _before_number),
    rule(r"(?<=[a-z] )(No)[ ](?=\d)", lambda m, _: "number ", hint="No"),
    rule(r"(?<![\w'’])(th|o|wi|an)['’](?=[ ][A-Za-z])", lambda m, _: _DIALECT[m[1]], hint="'"),
    rule(r"(?<=\dst |\dnd |\drd |\dth )edn?\.(?=[ ]?[,;:(]|[ ][a-z\d])", "edition", hint="ed"),
    rule(r"(?<=\dst |\dnd |\drd |\dth )edn?\.(?=$)", "edition.", hint="ed"),
    rule(r"(?<=\dst |\dnd |\drd |\dth )(?:c\.|cent\.)(?=[ ]?[,;:)]|[ ][a-z])", "century", hint="c"),
    rule(r"(?<=\dst |\dnd |\drd |\dth )Cir\.(?=[ ]?[,;:)]|[ ][a-z\d]|$)", "Circuit", hint="Cir."),
    rule(r"(?<!\w)[Ee]xp\.?[ ](?=\d{1,2}/\d{2})", "expires ", hint="xp"),
    rule(r"(?<!\w)q[ ]?(\d{1,2})(?:[-–](\d{1,2}))?[ ]?h(?:rs?)?(?!\w)", _every, hint="q"),
    *(rule(re.escape(written), spoken, hint=written) for written, spoken in _LAW.items()),
    rule(r"(?<![\w.])F\.[ ]?(2|3|4)d(?!\w)", lambda m, v: f"F {_SERIES[m[1]]}", hint="F."),
    rule(r"(?<=F Supp )(2|3)d(?!\w)", lambda m, v: _SERIES[m[1]], hint="Supp"),
    rule(r"(?<=[Tt]he )no\.(?=[ ]of[ ])", "number", hint="no."),
    rule(r"(?<=[a-z] )est\.(?=[ ](?:of|is|was|at|for)(?!\w)|[ ]?[$£€])", "estimate", hint="est."),
    rule(r"(?<!\w)est\.(?=[ ]\d{4}(?![\d,.%])(?!\.\d))", "established", hint="est."),
    rule(r"(?<!\w)est\.(?=[ ][\d$£€])", "estimated", hint="est."),
    rule(r"(?<=[a-z] )d\.(?=[ ][A-Z][a-z]+[ ]\d)", "defeated", hint="d."),
    rule(r"(?<![\w.])c\.[ ]?(?=\d{3,4}(?!\d|,\d))", "circa ", hint="c."),
    rule(r"(?<![\w.])fl\.[ ]?(?=\d)", "flourished ", hint="fl."),
    rule(r"(?<![\w.])b\.[ ]?(?=\d{4}(?!\d))", "born ", hint="b."),
    rule(r"(?<![\w.])d\.[ ]?(?=\d{4}(?!\d))", "died ", hint="d."),
    rule(r"(?<![\w.])r\.[ ]?(?=\d{3,4}[-–])", "reigned ", hint="r."),
    rule(rf"(?<!\w)({'|'.join(_ARE.split())})'re(?!\w)", r"\1 are", hint="'re", flags=re.IGNORECASE),
)
TITLES: Final[tuple[Rule, ...]] = (
    rule(r"(?<!\w)(Mr|Mrs|Ms|Dr|Prof)\.?(?=[ ](?:and|or|&)[ ])", lambda m, _: _TITLES[m[1]]),
    rule(
        rf"(?<![\w'])({either(_TITLES)})(?:\.[ ]?|[ ])(?=[A-Z])(?![A-Z]{{2,}}(?!\w))", lambda m, _: f"{_TITLES[m[1]]} "
    ),
    rule(r"(?<![\w'])(DR|MR|MRS)\.?[ ](?=[A-Z]{2,}(?!\w))", lambda m, _: f"{_TITLES[m[1]].upper()} "),
    rule(
        r"(?<!\w)((?:[Tt]he|[Aa]|[Mm]y|[Yy]our|[Hh]is|[Hh]er|[Oo]ur|[Tt]heir|[Aa]nother|[Tt]his)[ ])(Dr|Prof)\."
        r"(?=[ ]([a-z]|[A-Z])?|[,;:?!]|[\"')\s]*$)",
        lambda m, _: (
            m[1]
            + _TITLES[m[2]].lower()
            + ("." if not m.string[m.end() :].strip("\"') \n") or (m[3] and m[3].isupper()) else "")
        ),
        hint=".",
    ),
)
RULES: Final[tuple[Rule, ...]] = (rule(rf"(?<![\w.]){either(_ABBREVIATIONS)}(?![\w]|\.\w)", _abbreviation),)
