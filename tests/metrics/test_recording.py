import numpy as np
import pytest

from speechd.metrics import recording
from speechd.metrics.counters import Counts
from speechd.metrics.exposition import (
    AUDIO_SENT,
    BEGUN,
    COUNTED,
    ENCODE,
    FIRST_AUDIO,
    QUEUE_WAIT,
    REFUSALS,
    REQUESTS,
    RTF,
    UNDERRUN,
)
from speechd.metrics.recording import MeasuredEncoder, StreamMeter
from speechd.context import Timings

TIMINGS = Timings(text_s=0.002, queue_s=0.25, first_audio_s=0.4, audio_s=2.0, synthesis_s=0.1, underrun_s=0.3)


@pytest.fixture
def counts() -> Counts:
    return Counts(2, COUNTED)


def counted(counts, counter) -> dict[str, float]:
    return {value: count for value, count in counts.counter(counter).items() if count}


@pytest.mark.parametrize(
    ("status", "outcome", "expected"),
    [
        (200, "complete", "complete"),
        (200, "failed", "failed"),
        (200, "client left", "client left"),
        (200, "client too slow", "client too slow"),
        (0, "client left", "client left"),
        (499, None, "invalid"),
        (499, "client left", "client left"),  # while it sent its request
        (400, None, "invalid"),
        (401, None, "invalid"),
        (400, "failed", "invalid"),  # nothing in the input could be spoken
        (500, "failed", "failed"),
        (500, None, "failed"),
        (503, None, "refused"),
        (503, "failed", "refused"),  # no audio in time
        (0, None, "failed"),
    ],
)
def test_each_request_has_one_outcome(counts, status, outcome, expected):
    recording.begin(counts.row(0))
    recording.end(counts.row(0), status, outcome, None)
    assert counted(counts, REQUESTS) == {expected: 1.0}


def test_refusal_has_its_reason(counts):
    recording.end(counts.row(1), 503, None, "key")
    assert counted(counts, REFUSALS) == {"key": 1.0}


def test_requests_of_a_dead_worker_are_counted_once(counts):
    for _ in range(3):
        recording.begin(counts.row(1))
    recording.begin(counts.row(0))
    recording.end(counts.row(1), 200, "complete", None)
    recording.bury(counts.row(1))
    assert counted(counts, REQUESTS) == {"complete": 1.0, "worker died": 2.0}
    recording.begin(counts.row(1))
    recording.bury(counts.row(1))
    assert counted(counts, REQUESTS) == {"complete": 1.0, "worker died": 3.0}
    assert counted(counts, BEGUN) == {"": 5.0}


class FakeEncoder:
    closed = False

    def encode(self, samples):
        return b"e" * len(samples)

    def finish(self):
        return b"f"

    def close(self):
        self.closed = True


def test_encoder_is_measured_and_left_as_it_is(counts):
    inner = FakeEncoder()
    encoder = MeasuredEncoder(inner, StreamMeter(counts.row(0), "opus", whole=False))
    assert encoder.encode(np.zeros(12_000, np.float32)) == b"e" * 12_000
    assert encoder.finish() == b"f"
    encoder.close()
    assert inner.closed
    assert counted(counts, AUDIO_SENT) == {"opus": 0.5}
    assert counted(counts, ENCODE).keys() == {"opus"}


def test_server_timing_is_in_milliseconds(counts):
    stream = StreamMeter(counts.row(0), "pcm", whole=False)
    stream.encoded(1.0, 0.0031)
    stream.encoded(1.0, 0.0031)
    assert stream.begin(TIMINGS) == "text;dur=2.0, queue;dur=250.0, synthesis;dur=100.0, encode;dur=6.2"


@pytest.mark.parametrize(("whole", "streamed"), [(False, 1), (True, 0)])
def test_only_streams_have_first_audio_and_underruns(counts, whole, streamed):
    stream = StreamMeter(counts.row(0), "pcm", whole=whole)
    stream.begin(TIMINGS)
    stream.end(TIMINGS)
    observed = {histogram: counts.histogram(histogram) for histogram in (FIRST_AUDIO, QUEUE_WAIT, RTF, UNDERRUN)}
    assert {histogram: buckets[-1] for histogram, (buckets, _) in observed.items()} == {
        FIRST_AUDIO: streamed,
        QUEUE_WAIT: 1,
        RTF: 1,
        UNDERRUN: streamed,
    }
    assert observed[RTF][1] == 0.05


def test_stream_without_audio_is_in_no_histogram(counts):
    StreamMeter(counts.row(0), "pcm", whole=False).end(Timings())
    assert not any(counts.histogram(histogram)[0][-1] for histogram in (FIRST_AUDIO, QUEUE_WAIT, RTF, UNDERRUN))
