"""What is counted, from requests and streams that are made up."""

import numpy as np
import pytest

from speechd.audio.samples import Samples
from speechd.context import Outcome, RequestContext, Timings
from speechd.metrics import recording
from speechd.metrics.counters import Counter, Counts
from speechd.metrics.declarations import (
    AUDIO_SENT,
    COUNTED,
    ENCODE,
    FIRST_AUDIO,
    HTTP_REJECTIONS,
    QUEUE_WAIT,
    REFUSALS,
    REQUESTS,
    REQUESTS_BEGUN,
    RTF,
    UNDERRUN,
)
from speechd.metrics.recording import MeasuredEncoder, StreamMeter

TIMINGS = Timings(text_s=0.002, queue_s=0.25, first_audio_s=0.4, audio_s=2.0, synthesis_s=0.1, underrun_s=0.3)


@pytest.fixture
def counts() -> Counts:
    return Counts(2, COUNTED)


def counted(counts: Counts, counter: Counter) -> dict[str, float]:
    return {value: count for value, count in counts.counter(counter).items() if count}


def context(**known: object) -> RequestContext:
    made = RequestContext(id="req_1", method="POST", path="/v1/audio/speech", abort=lambda: None)
    for name, value in known.items():
        setattr(made, name, value)
    return made


COMPLETE = context(status=200, outcome=Outcome.COMPLETE)


def test_request_is_counted_by_its_final_outcome(counts: Counts) -> None:
    for ended in (COMPLETE, context(status=404), context(status=500)):
        recording.request_started(counts.row(0))
        recording.request_ended(counts.row(0), ended)
    assert counted(counts, REQUESTS_BEGUN) == {"": 3.0}
    assert counted(counts, REQUESTS) == {"complete": 1.0, "invalid": 1.0, "failed": 1.0}
    assert counted(counts, REFUSALS) == {}


def test_refusal_has_its_reason(counts: Counts) -> None:
    recording.request_ended(counts.row(1), context(status=503, reason="key"))
    assert counted(counts, REQUESTS) == {"refused": 1.0}
    assert counted(counts, REFUSALS) == {"key": 1.0}


def test_rejection_is_counted_by_its_status(counts: Counts) -> None:
    recording.rejected(counts.row(1), 408)
    assert counted(counts, HTTP_REJECTIONS) == {"408": 1.0}
    assert counted(counts, REQUESTS) == {}


def test_requests_of_a_dead_worker_are_counted_once(counts: Counts) -> None:
    for _ in range(3):
        recording.request_started(counts.row(1))
    recording.request_started(counts.row(0))
    recording.request_ended(counts.row(1), COMPLETE)
    recording.worker_died(counts.row(1))
    assert counted(counts, REQUESTS) == {"complete": 1.0, "worker died": 2.0}
    recording.request_started(counts.row(1))
    recording.worker_died(counts.row(1))
    assert counted(counts, REQUESTS) == {"complete": 1.0, "worker died": 3.0}
    assert counted(counts, REQUESTS_BEGUN) == {"": 5.0}


class FakeEncoder:
    closed = False

    def encode(self, samples: Samples) -> bytes:
        return b"e" * len(samples)

    def finish(self) -> bytes:
        return b"f"

    def close(self) -> None:
        self.closed = True


def test_encoder_is_measured_and_left_as_it_is(counts: Counts) -> None:
    inner = FakeEncoder()
    encoder = MeasuredEncoder(inner, StreamMeter(counts.row(0), "opus", whole=False))
    assert encoder.encode(np.zeros(12_000, np.float32)) == b"e" * 12_000
    assert encoder.finish() == b"f"
    encoder.close()
    assert inner.closed
    assert counted(counts, AUDIO_SENT) == {"opus": 0.5}
    assert counted(counts, ENCODE).keys() == {"opus"}


def test_server_timing_is_in_milliseconds(counts: Counts) -> None:
    stream = StreamMeter(counts.row(0), "pcm", whole=False)
    stream.record_encoding(1.0, 0.0031)
    stream.record_encoding(1.0, 0.0031)
    assert stream.server_timing(TIMINGS) == "text;dur=2.0, queue;dur=250.0, synthesis;dur=100.0, encode;dur=6.2"


def test_server_timing_counts_nothing(counts: Counts) -> None:
    StreamMeter(counts.row(0), "pcm", whole=False).server_timing(TIMINGS)
    assert not any(counts.histogram(histogram)[0][-1] for histogram in (FIRST_AUDIO, QUEUE_WAIT))


@pytest.mark.parametrize(("whole", "streamed"), [(False, 1), (True, 0)])
def test_only_streams_have_first_audio_and_underruns(counts: Counts, whole: bool, streamed: int) -> None:
    stream = StreamMeter(counts.row(0), "pcm", whole=whole)
    stream.record_first_audio(TIMINGS)
    stream.record_end(TIMINGS)
    observed = {histogram: counts.histogram(histogram) for histogram in (FIRST_AUDIO, QUEUE_WAIT, RTF, UNDERRUN)}
    assert {histogram: buckets[-1] for histogram, (buckets, _) in observed.items()} == {
        FIRST_AUDIO: streamed,
        QUEUE_WAIT: 1,
        RTF: 1,
        UNDERRUN: streamed,
    }
    assert observed[RTF][1] == 0.05


def test_stream_without_audio_is_in_no_histogram(counts: Counts) -> None:
    StreamMeter(counts.row(0), "pcm", whole=False).record_end(Timings())
    assert not any(counts.histogram(histogram)[0][-1] for histogram in (FIRST_AUDIO, QUEUE_WAIT, RTF, UNDERRUN))
