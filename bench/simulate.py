"""How dispatch scales past this machine: a discrete-event simulation of 2 to 1000 slots around the server's decisions.

    python -m bench.simulate [--quick] [--slots N,N...] [--loads X,X...] [--speed X] [--batch N --batch-cost X]

Ways to share the same slots: windows of passages by earliest deadline (the server's); short segments, as text was cut
before there were windows; whole passages; windows first come first served; and requests pinned to a random worker, as
with plain preforking. Requests arrive at random, have the lengths of real texts, and are read by their clients as fast
as they come. A slot synthesises a window at a time, or up to a batch of segments at once, which takes as long as the
longest, and a part of each other one. Load is audio seconds asked for, of those that all slots can synthesise in the
same time, in whole passages; admission is the server's, by the throughput that is measured.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from bench import results as record
from bench.simulation import SETTLE_S, Policy, Simulation
from bench.slot_model import BATCH_COST, PROSODY_S, SPEED, WINDOW_COST, SlotModel
from speechd.pool.capacity import LISTENING_SHARE

POLICIES: Final = {
    "windows": Policy(),
    "segments": Policy(windows=False, cut=True),
    "whole": Policy(windows=False),
    "arrival": Policy(by_deadline=False),
    "pinned": Policy(),
}
WITHOUT_WINDOWS: Final = {
    "segments": Policy(windows=False, cut=True),
    "arrival": Policy(by_deadline=False, windows=False, cut=True),
    "pinned": Policy(windows=False, cut=True),
}
"""Where slots synthesise batches."""

LATE_S: Final = 0.1
"""C100's bound on a listener's worst wait."""


@dataclass(frozen=True, slots=True)
class Figures:
    """ttfa and underrun in seconds; c100 in percent, like underrun of the streams of more than one part; refused in
    percent of all requests."""

    slots: int
    speed: float
    batch: int
    load: float
    policy: str
    ttfa_p50_s: float
    ttfa_p99_s: float
    c100: float
    underrun_p99_s: float
    refused: float
    audio_s_per_s: float


def measure(
    slots: int, load: float, policy: str, listening_share: float, requests: int, model: SlotModel | None = None
) -> Figures:
    """The figures of one cell of the table."""
    model = model or SlotModel()
    # Of requests pinned to random workers, each worker sees a random part: a server of its own, with one slot.
    policies = POLICIES if model.batch == 1 else WITHOUT_WINDOWS
    run = Simulation(1 if policy == "pinned" else slots, model, policies[policy], listening_share)
    run.run(load, requests)
    streams = [stream for stream in run.streams if stream.arrived >= SETTLE_S]
    p50, p99 = np.percentile([stream.began - stream.arrived for stream in streams], [50, 99])
    worst = np.array([stream.worst_s for stream in streams if stream.parts > 1])
    return Figures(
        slots=slots,
        speed=model.speed,
        batch=model.batch,
        load=load,
        policy=policy,
        ttfa_p50_s=round(float(p50), 3),
        ttfa_p99_s=round(float(p99), 3),
        c100=round(100 * float(np.mean(worst <= LATE_S)), 2),
        underrun_p99_s=round(float(np.percentile(worst, 99)), 2),
        refused=round(100 * run.refused / (run.refused + len(run.streams)), 2),
        audio_s_per_s=round(run.settled_audio_s / (run.arrivals_end - SETTLE_S) * slots / run.slots, 1),
    )


def main() -> None:
    """Print the table, and all of it as one JSON line last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer cells and requests: about a second")
    parser.add_argument(
        "--listening-share", type=float, default=LISTENING_SHARE, help="as LISTENING_SHARE of pool.capacity"
    )
    parser.add_argument("--slots", metavar="N,N...", help="(default: 2,8,32,128,1000; quick: 2,16)")
    parser.add_argument("--speed", type=float, default=SPEED, help=f"of a slot, × real time (default: {SPEED:g})")
    parser.add_argument("--batch", type=int, default=1, help="segments that a slot synthesises at once (default: 1)")
    parser.add_argument(
        "--batch-cost", type=float, default=BATCH_COST, help=f"of each further one (default: {BATCH_COST:g})"
    )
    parser.add_argument("--loads", metavar="X,X...", help="(default: 0.5,0.7,0.9,1.5,4; quick: 0.7,4)")
    parser.add_argument(
        "--prosody", type=float, default=PROSODY_S, help=f"seconds for an audio second (default: {PROSODY_S:g})"
    )
    parser.add_argument(
        "--window-cost", type=float, default=WINDOW_COST, help=f"of one of a second (default: {WINDOW_COST:g})"
    )
    options = parser.parse_args()
    model = SlotModel(options.speed, options.batch, options.batch_cost, options.prosody, options.window_cost)
    counts = options.slots or ("2,16" if options.quick else "2,8,32,128,1000")
    loads = options.loads or ("0.7,4" if options.quick else "0.5,0.7,0.9,1.5,4")
    print("slots  load   policy   TTFA p50 s   p99 s   C100 %  underrun p99 s   refused %   audio s/s")
    rows = []
    for slots in map(int, counts.split(",")):
        requests = 1_000 if options.quick else 8_000
        for load in map(float, loads.split(",")):
            for policy in POLICIES if model.batch == 1 else WITHOUT_WINDOWS:
                row = measure(slots, load, policy, options.listening_share, requests, model)
                rows.append(asdict(row))
                print(
                    f"{slots:5} {load:5} {policy:>8} {row.ttfa_p50_s:12.3f} {row.ttfa_p99_s:7.2f} {row.c100:8.2f} "
                    f"{row.underrun_p99_s:15.2f} {row.refused:11.2f} {row.audio_s_per_s:11.1f}",
                    flush=True,
                )
    record.publish("simulate", vars(options), rows)


if __name__ == "__main__":
    main()
