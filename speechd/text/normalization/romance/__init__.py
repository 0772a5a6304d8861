"""Spanish, French, Italian, Portuguese: written → spoken. One set of rules over the forms of each language."""

from speechd.text.normalization.romance.rules import RomanceRules as RomanceRules
