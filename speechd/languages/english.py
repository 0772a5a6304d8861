"""English, as spoken in the United States and in Britain. Its written forms are rules: text/normalization/english/."""

from __future__ import annotations

from typing import Final

from speechd.languages.base import Language, NumberWords, Segmentation, word_set

_SEGMENTATION: Final = Segmentation(
    abbreviations=word_set(
        "dr mr mrs ms mme mlle prof gen col sgt capt cpt lt cmdr adm maj rev hon gov sen rep pres supt mt messrs fr br "
        "drs pvt no nos fig figs eq eqs vs v cf ca approx pp vol vols ch chap chp sec art ed eds op al viz incl "
        "excl esp e.g i.e fl apt rm ste hwy bldg rte rs paras sched iss encl mgr asst attn civ crim "
        "evid supp lg id"
    ),
    open_abbreviations=word_set(
        "etc inc ltd co corp jr sr bros a.d b.c u.s u.k u.n e.u d.c u.s.a l.a n.y a.k.a est esq st ft ave blvd rd "
        "jan feb mar "
        "apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun min max hr hrs yr yrs mo mos "
        "wk wks sec secs mins oz lb lbs gal tsp tbsp tbs pt qt doz in ext tel p b c d r sq &c conn mass ill calif "
        "fla tex "
        "pa va ga md ph.d p.h.d m.d b.a m.a b.sc m.sc a.m p.m minn mich wis ky tenn ind ala ariz ark colo okla ore "
        "wash dept govt misc temp avg assn univ resp para exp cl s ss ct fed cir pub acct med cu pkg mi"
    ),
    ambiguous=word_set("no nos art fig sec ed in max sun sat mar mass ill wash para cl ss s exp"),
    closing=word_set("etc a.m p.m ph.d m.d b.a m.a b.sc m.sc p.h.d d.c"),
    measures=word_set("min mins hr hrs yr yrs mo mos wk wks sec secs pct mi"),
    continuations=word_set(
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
        "september october november december eastern central mountain pacific est edt cst cdt mst mdt pst pdt et ct mt "
        "pt gmt utc bst cet mon tue tues wed weds thu thur thurs fri jan feb apr jun jul aug sep sept oct nov dec"
    ),
    starters=word_set(
        "the a an this that these those he she it we they i you his her its our their my your there here then now but "
        "and or so if when while what who where why how in on at as for from to after before although because since "
        "however yet no not nobody somebody everybody anybody everyone someone anyone nothing something everything "
        "both "
        "some many most few several each every all none one two another others such until unless once whether despite "
        "during under with without by of between among through throughout today yesterday tomorrow meanwhile moreover "
        "furthermore therefore thus instead perhaps maybe still also only even just never always sometimes often later "
        "soon next finally please let do does did is are was were have has had can could will would should may might "
        "must which whose"
    ),
    conjunctions=word_set("and or but because which while although when where who that so"),
    proclitics=word_set(
        "the a an to of in on at by for with from and or but as is are was were be not no my your his her its our "
        "their point minus degrees hundred thousand million billion"
    ),
)

US: Final = Language(
    tag="en-us",
    name="American English",
    codes=("en",),
    kokoro_code="a",
    misaki="english",
    espeak_voice="gmw/en-US",
    warm_up="Zyxq has 3 ferries. The next one leaves at noon, and a ticket is $5.50. ",
    normalization="english",
    yes_no=("yes", "no"),
    day_first=False,
    segmentation=_SEGMENTATION,
    numbers=NumberWords(
        num2words="en", locale="en_US", point="point", minus="minus", fraction_in_digits=True, omitted=("and",)
    ),
)

GB: Final = Language(
    tag="en-gb",
    name="British English",
    kokoro_code="b",
    misaki="english",
    espeak_voice="gmw/en",
    warm_up="Zyxq has 3 ferries. The next one leaves at noon, and a ticket is £5.50. ",
    normalization="english",
    yes_no=("yes", "no"),
    segmentation=_SEGMENTATION,
    numbers=NumberWords(num2words="en", locale="en_GB", point="point", minus="minus", fraction_in_digits=True),
)
