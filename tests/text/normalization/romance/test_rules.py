from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [
        ("es", "1.234,5 y 50%", "mil doscientos treinta y cuatro coma cinco y cincuenta por ciento"),
        ("es", "21 km, 1 h, -5 °C", "veintiún kilómetros, una hora, menos cinco grados Celsius"),
        ("es", "3,50 € y 2-3 €", "tres euros con cincuenta céntimos y dos a tres euros"),
        ("es", "03/04/2024 a las 15:30", "tres de abril de dos mil veinticuatro a las quince y treinta"),
        ("es", "Sr. López, 1º, 2ª", "señor López, primero, segunda"),
        ("fr-fr", "1 000 000, 3,14", "un million, trois virgule quatorze"),
        ("fr-fr", "1er, 2e, 15h30", "premier, deuxième, quinze heures trente"),
        ("fr-fr", "2 millions d'euros, 3,50 €", "deux millions d'euros, trois euros cinquante"),
        ("fr-fr", "M. Dupont & Mme Curie", "monsieur Dupont et madame Curie"),
        ("fr-fr", "à 1h05, 21h30", "à une heure cinq, vingt et une heures trente"),
        ("es", "pan, vino, etc.", "pan, vino, etcétera."),
        ("it", "nel 44 a.C.", "nel quarantaquattro avanti Cristo."),
        ("it", "60 km/h, 1 kg", "sessanta chilometri orari, un chilogrammo"),
        ("it", "01/05/2023", "primo maggio duemilaventitre"),
        ("it", "5 €, ½, x²", "cinque euro, un mezzo, x al quadrato"),
        ("pt-br", "R$ 3,50, 20%", "três reais e cinquenta centavos, vinte por cento"),
        ("pt-br", "15:30, 10-20", "quinze e trinta, dez a vinte"),
    ],
)
def test_romance_language_is_spoken(language: str, written: str, spoken: str) -> None:
    assert normalize(written, language) == spoken
