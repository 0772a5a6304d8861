"""Settings: precedence, ranges, former names, and what `auto` comes to."""

import argparse
from pathlib import Path

import pytest

from speechd.config import settings
from speechd.config.options import flag, options_of, variable
from speechd.config.settings import InvalidSetting, Settings


def give_cores(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(settings, "available_cores", lambda: count)


def flags(groups: tuple[str, ...] = ()) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    settings.add_flags(parser, groups)
    return parser


def test_command_line_goes_before_environment_and_environment_before_default() -> None:
    loaded = Settings.load({"port": "1"}, {"SPEECHD_PORT": "2", "SPEECHD_HOST": "::1"})
    assert (loaded.port, loaded.host, loaded.device) == (1, "::1", "auto")


def test_empty_variable_is_an_unset_one() -> None:
    assert Settings.load({}, {"SPEECHD_PORT": ""}).port == 8880


@pytest.mark.parametrize("name", ["api_keys", "api_keys_file"])
def test_empty_text_for_keys_does_not_open_the_server(name: str, tmp_path: Path) -> None:
    """As `--api-keys "$UNSET"` gives it; keys of the environment or the file are no longer there then, either."""
    with pytest.raises(InvalidSetting, match=rf"{flag(name)} .*is blank"):
        Settings.load({name: ""}, {variable(name): "key"})
    path = tmp_path / "config.toml"
    path.write_text(f'{name} = ""')
    with pytest.raises(InvalidSetting, match="is blank"):
        Settings.load({}, {"SPEECHD_CONFIG": str(path)})


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("port", "http", "is not a whole number"),
        ("port", "70000", "is over 65535"),
        ("grace_s", "nan", "is under 0"),
        ("grace_s", "soon", "is not a number"),
        ("workers", "-1", "is under 1"),
        ("max_whole_total_bytes", str(100 << 20), "is under max_whole_bytes"),
        ("device", "tpu", "is none of auto, cpu, cuda, mps"),
        ("host", " ", "is blank"),
        ("engine", "\t", "is blank"),
        ("api_keys", " ", "is blank"),
        ("api_keys", " , ", "holds no key"),
        ("api_keys_file", "/dev/null", "holds no key"),
        ("overflow_api_key_file", "/dev/null", "holds no key"),
        ("api_keys_file", "/nowhere/keys", "cannot be read"),
        ("overflow_api_key_file", "/nowhere/key", "cannot be read"),
        ("overflow_url", "far:8880", "is no http:// or https:// address"),
        ("overflow_url", "ftp://far", "is no http:// or https:// address"),
        ("overflow_url", "http:///v1", "is no http:// or https:// address"),
        ("overflow_url", "http://far:http", "Port could not be cast"),
        ("overflow_url", "http://[far", "Invalid IPv6 URL"),
        ("overflow_url", "http://user:secret@far", "has more than a server and a path"),
        ("overflow_url", "http://far/v1?key=secret", "has more than a server and a path"),
        ("allowed_hosts", "http://nas.lan", "has 'http://nas.lan', which is no bare name"),
        ("allowed_hosts", "tts.lan,:80", "has ':80', which is no bare name"),
        ("allowed_hosts", "nas.lan:8880", "is no bare name"),
        ("allowed_hosts", "10.0.0.1:8880", "is no bare name"),
        ("allowed_hosts", "*.lan", "is no bare name"),
        ("allowed_hosts", "tts.lan/v1", "is no bare name"),
    ],
)
def test_wrong_value_is_named_with_its_option_and_reason(name: str, text: str, complaint: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        Settings.load({}, {variable(name): text})
    message = str(caught.value)
    assert flag(name) in message
    assert variable(name) in message
    assert complaint in message


@pytest.mark.parametrize(
    ("former", "present"), [("receipt_timeout_s", "request_timeout_s"), ("overflow_rest_s", "overflow_retry_s")]
)
def test_former_name_is_an_alias_everywhere_and_deprecated(tmp_path: Path, former: str, present: str) -> None:
    (tmp_path / "own.toml").write_text(f"{former} = 7\n")
    overrides = settings.given(flags().parse_args([flag(former), "7"]))
    for given, environ in (
        (overrides, {}),
        ({}, {variable(former): "7"}),
        ({}, {"SPEECHD_CONFIG": str(tmp_path / "own.toml")}),
    ):
        loaded = Settings.load(given, environ)
        assert getattr(loaded, present) == 7
        [message] = loaded.deprecations
        assert "deprecated" in message


def test_former_flag_goes_before_the_present_variable() -> None:
    loaded = Settings.load({"receipt_timeout_s": "3"}, {"SPEECHD_REQUEST_TIMEOUT_S": "4"})
    assert loaded.request_timeout_s == 3


def test_present_names_are_not_deprecated() -> None:
    assert Settings.load({"request_timeout_s": "3"}, {"SPEECHD_OVERFLOW_RETRY_S": "4"}).deprecations == ()


@pytest.mark.parametrize(
    ("cores", "given", "workers", "threads"),
    [
        (1, {}, 1, 1),
        (2, {}, 2, 1),
        (3, {}, 2, 1),
        (8, {}, 4, 2),
        (8, {"workers": "2"}, 2, 4),
        (8, {"threads": "1"}, 8, 1),
        (2, {"threads": "4"}, 1, 4),
        (2, {"workers": "5"}, 5, 1),
        (8, {"workers": "auto", "threads": "auto"}, 4, 2),
    ],
)
def test_auto_workers_and_threads_fill_the_cores(
    monkeypatch: pytest.MonkeyPatch, cores: int, given: dict[str, str], workers: int, threads: int
) -> None:
    give_cores(monkeypatch, cores)
    loaded = Settings.load(given, {})
    assert (loaded.workers, loaded.threads) == (workers, threads)


def test_auto_in_flight_follows_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    give_cores(monkeypatch, 8)
    assert Settings().max_in_flight == 32
    assert Settings(workers=1).max_in_flight == 8
    assert Settings(max_in_flight=3).max_in_flight == 3


def test_keys_of_the_file_join_those_given(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("three\n\nfour\n")
    loaded = Settings.load({"api_keys_file": str(tmp_path / "keys")}, {"SPEECHD_API_KEYS": "one, two,"})
    assert loaded.api_keys == ("one", "two", "three", "four")


@pytest.mark.parametrize("url", ["http://far:8880", "https://far/v1", "http://[::1]:8880/", ""])
def test_overflow_url_is_a_base_url_or_none(url: str) -> None:
    assert Settings.load({"overflow_url": url}, {}).overflow_url == url


def test_allowed_hosts_are_names_or_addresses() -> None:
    names = ("speech.example.com", "TTS_1.lan", "xn--bcher-kva.example", "10.0.0.1", "::1", "[fd00::1]", "*")
    assert Settings.load({"allowed_hosts": ",".join(names)}, {}).allowed_hosts == names


def test_overflow_key_of_the_file_goes_before_the_one_given(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("far-key\n")
    loaded = Settings.load({"overflow_api_key_file": str(tmp_path / "key"), "overflow_api_key": "other"}, {})
    assert loaded.overflow_api_key == "far-key"


def test_keys_are_not_shown() -> None:
    assert "hush" not in repr(Settings(api_keys=("hush",), overflow_api_key="hush"))


def test_every_option_has_a_flag_whose_value_loads() -> None:
    parser = flags()
    default = Settings()
    checked = 0
    for option in options_of(Settings):
        value = getattr(default, option.name)
        if value in (None, (), ""):
            continue
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        given = settings.given(parser.parse_args([option.flag, text]))
        assert given == {option.name: text}
        assert Settings.load(given, {}) == default
        checked += 1
    assert checked > 30


def test_flags_of_chosen_groups_alone() -> None:
    parser = flags(("log",))
    assert settings.given(parser.parse_args(["--log-level", "debug"])) == {"log_level": "debug"}
    with pytest.raises(SystemExit):
        parser.parse_args(["--port", "1"])


def test_help_states_meaning_and_default() -> None:
    text = " ".join(flags().format_help().split())
    assert "--request-timeout-s SECONDS time for a request to arrive completely (default: 10)" in text
    assert "--log-format logfmt|json" in text
