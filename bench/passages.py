"""Joins between passages, by kind, and tokens per passage: of texts that are planned here, and of a server."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import httpx2
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from speechd.engines import registry
from speechd.engines.base import Engine, EngineOptions, SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.speech.passage_meter import GOOD, Join, PassageMeter
from speechd.speech.planner import Planner
from speechd.text.passages import NotYet

COLUMNS: Final = {
    "joins": 6,
    "inside_percent": 14,
    "clause_percent": 14,
    "good_percent": 12,
}
"""What a table says of passages: joins, percent of them inside a clause and at its end, percent of the passages that
had the text for it which have a good number of tokens."""


@dataclass(frozen=True, slots=True)
class Shape:
    """joins: by kind. had_text, good: passages whose text let them have a good length, and those that have it."""

    joins: Mapping[str, float] = field(default_factory=dict)
    had_text: float = 0.0
    good: float = 0.0

    def since(self, before: Shape) -> Shape:
        """What has come since then."""
        joins = {kind: count - before.joins.get(kind, 0.0) for kind, count in self.joins.items()}
        return Shape(joins, self.had_text - before.had_text, self.good - before.good)

    def row(self) -> dict[str, Any]:
        """The columns of `COLUMNS`, with the joins by kind; None for percentages of nothing."""
        joins = round(sum(self.joins.values()))
        return {
            "joins": joins,
            "inside_percent": _percent(self.joins.get(Join.INSIDE, 0.0), joins),
            "clause_percent": _percent(self.joins.get(Join.CLAUSE, 0.0), joins),
            "good_percent": _percent(self.good, self.had_text),
            "joins_by_kind": {str(kind): round(count) for kind, count in self.joins.items() if count},
        }


UNKNOWN: Final = Shape()
"""Nothing was spoken."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Passages of texts. first: tokens of the first of each. tokens: of those behind it whose text let them have a good
    length; others: of the rest."""

    joins: Counter[Join]
    first: list[int]
    tokens: list[int]
    others: list[int]

    @property
    def shape(self) -> Shape:
        """What a server that had spoken these texts would say."""
        joins = {str(kind): float(count) for kind, count in self.joins.items()}
        return Shape(joins, len(self.tokens), sum(GOOD[0] <= tokens <= GOOD[1] for tokens in self.tokens))

    def row(self) -> dict[str, Any]:
        """Figures of the plan."""
        passages = [*self.first, *self.tokens, *self.others]
        return {
            "passages": len(passages),
            "first_tokens": float(np.mean(self.first)) if self.first else None,
            "tokens_mean": float(np.mean(passages)) if passages else None,
            "tokens_most": max(passages, default=None),
            **self.shape.row(),
        }


def planned(texts: Iterable[str], engine: Engine, limit_s: float = math.inf) -> Plan:
    """The passages of these texts, in English, as a server plans them whose segments have at most `limit_s` seconds."""
    plan = Plan(Counter(), [], [], [])
    for text in texts:
        planner = Planner(text, SynthesisOptions(catalogue().parse("af_heart"), "en-us"), engine)
        meter, is_first, item = PassageMeter(), True, None
        while True:
            item = planner.next(limit_s)
            if isinstance(item, NotYet):
                continue
            if met := meter.add(item):
                plan.joins.update([met.join] if met.join is not None else [])
                (plan.first if is_first else plan.tokens if met.had_text else plan.others).append(met.tokens)
                is_first = False
            if item is None:
                break
    return plan


def planning_engine(name: str, model_dir: Path | None) -> Engine:
    """An engine to plan with. Kokoro's needs no weights, only `config.json` in `model_dir`."""
    if name == "kokoro" and model_dir is not None:
        from bench.fuzz.reader import KokoroReader

        return cast(Engine, KokoroReader(model_dir))
    return registry.create(name, EngineOptions(model_dir=model_dir)).engine


def shape_of(url: str) -> Shape | None:
    """What a server has counted so far; None of one that does not tell."""
    try:
        response = httpx2.get(f"{url.removesuffix('/').removesuffix('/v1')}/metrics", timeout=10)
    except httpx2.HTTPError:
        return None
    return _told(response.text) if response.status_code == 200 else None


def row_since(before: Shape | None, after: Shape | None) -> dict[str, Any]:
    """The columns of `COLUMNS` for what a server has spoken meanwhile; None for one that does not tell."""
    if before is None or after is None:
        return dict.fromkeys(UNKNOWN.row())
    return after.since(before).row()


def _told(metrics: str) -> Shape | None:
    joins: dict[str, float] = {}
    tokens: dict[float, float] = {}
    try:
        for family in text_string_to_metric_families(metrics):
            for sample in family.samples:
                if sample.name == "speechd_passage_joins_total":
                    joins[sample.labels["kind"]] = sample.value
                elif sample.name == "speechd_passage_tokens_bucket":
                    tokens[float(sample.labels["le"])] = sample.value
    except ValueError:  # another server's idea of metrics
        return None
    return Shape(joins, tokens[math.inf], tokens[GOOD[1]] - tokens[GOOD[0] - 1]) if joins and tokens else None


def _percent(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None
