"""Japanese."""

from __future__ import annotations

from typing import Final

from speechd.languages.base import Language

JAPANESE: Final = Language(
    tag="ja",
    name="Japanese",
    kokoro_code="j",
    misaki="japanese",
    # Misaki's own extra wants a compiler, and a dictionary that is downloaded by hand. mojimoji has a stand-in.
    misaki_packages="pyopenjtalk-plus fugashi jaconv unidic-lite",
    espeak_voice=None,  # espeak-ng reads kanji as "Chinese letter"
    latin="en-us",
    warm_up="船が3隻あります。次は正午に出て、切符は50円です。",
    normalization="japanese",
    yes_no=("はい", "いいえ"),
)

CURRENCIES: Final[dict[str, str]] = {
    "¥": "円", "$": "ドル", "US$": "ドル", "€": "ユーロ", "£": "ポンド", "₩": "ウォン",
    "₹": "ルピー", "₽": "ルーブル", "฿": "バーツ", "₿": "ビットコイン", "JPY": "円",
    "USD": "アメリカドル", "EUR": "ユーロ", "GBP": "ポンド", "CAD": "カナダドル",
    "AUD": "オーストラリアドル", "HKD": "香港ドル", "CNY": "人民元", "KRW": "ウォン",
    "CHF": "スイスフラン", "TWD": "台湾ドル",
}  # fmt: skip
"""Sign or code → name."""

UNITS: Final[dict[str, str]] = {
    "km/h": "キロメートル毎時", "m/s": "メートル毎秒", "km": "キロメートル", "cm": "センチメートル",
    "mm": "ミリメートル", "µm": "マイクロメートル", "nm": "ナノメートル", "m": "メートル",
    "km²": "平方キロメートル", "cm²": "平方センチメートル", "m²": "平方メートル",
    "m2": "平方メートル", "km2": "平方キロメートル", "m³": "立方メートル", "m3": "立方メートル",
    "cm³": "立方センチメートル", "kg": "キログラム", "mg": "ミリグラム", "g": "グラム", "t": "トン",
    "ml": "ミリリットル", "mL": "ミリリットル", "dl": "デシリットル", "dL": "デシリットル",
    "l": "リットル", "L": "リットル", "ms": "ミリ秒", "s": "秒", "min": "分", "h": "時間",
    "Hz": "ヘルツ", "kHz": "キロヘルツ", "MHz": "メガヘルツ", "GHz": "ギガヘルツ",
    "KB": "キロバイト", "kB": "キロバイト", "MB": "メガバイト", "GB": "ギガバイト",
    "TB": "テラバイト", "Mbps": "メガビット毎秒", "Gbps": "ギガビット毎秒", "W": "ワット",
    "kW": "キロワット", "kWh": "キロワット時", "V": "ボルト", "A": "アンペア", "mA": "ミリアンペア",
    "kcal": "キロカロリー", "cal": "カロリー", "hPa": "ヘクトパスカル", "Pa": "パスカル",
    "ha": "ヘクタール", "ft": "フィート", "in": "インチ", "lb": "ポンド", "oz": "オンス",
    "mph": "マイル毎時", "px": "ピクセル", "dB": "デシベル", "rpm": "回転毎分", "°C": "度",
    "°F": "ファーレンハイト度", "°": "度", "%": "パーセント", "‰": "パーミル", "pt": "ポイント",
}  # fmt: skip
"""Symbol → name."""

SIGNS: Final[dict[str, str]] = {
    "+": "プラス", "=": "イコール", "×": "カケル", "÷": "ワル", "±": "プラスマイナス",
    ">=": "大なりイコール", "≥": "大なりイコール", "<=": "小なりイコール", "≤": "小なりイコール",
    ">": "大なり", "<": "小なり", "≠": "ノットイコール", "≈": "ニアリーイコール", "√": "ルート",
    "&": "アンド", "→": "から", "№": "ナンバー",
}  # fmt: skip
"""Sign → words."""
