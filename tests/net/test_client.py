"""The client's policy, through real sockets: what is waited for, asked again, refused, and how a walk ends."""

import gzip
import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubwatch import errors as failures
from hubwatch.errors import told
from hubwatch.net.client import Client
from hubwatch.net.messages import Answer, Ask, retry_after, whole_array
from hubwatch.net.pacing import Pacer
from hubwatch.settings import Settings
from tests.conftest import hubwatch, settings_for
from tests.scripted import Scripted, answer

HUB = "huggingface"
ONE = answer([{"id": "a/b"}])


def client(server: Scripted, tmp_path: Path, waits: list[float] | None = None, **more: object) -> Client:
    def sleep(seconds: float) -> None:
        if waits is not None:
            waits.append(seconds)

    return Client(HUB, settings_for(tmp_path, server.url, **more), sleep=sleep)


def ask(one: Client, path: str = "/api/models") -> int:
    return one.ask(Ask(one.url(path)), lambda got: len(whole_array(got, HUB)))


@dataclass(frozen=True)
class Reading:
    next: Ask | None


def _reading(one: Client, page: Answer, route: str = "/p") -> Reading:
    whole_array(page, HUB)
    return Reading(Ask(one.at_home(page.next_link, route)) if page.next_link else None)


def walk(one: Client) -> list[str]:
    return [got.url for got, _ in one.walk(Ask(one.url("/p")), lambda page: _reading(one, page))]


def test_a_silent_server_ends_in_a_timeout_and_never_hangs(tmp_path: Path) -> None:
    server = Scripted(lambda connection: server.wait(30))
    with server, client(server, tmp_path, [], HUBWATCH_READ_TIMEOUT=0.3, HUBWATCH_ATTEMPTS=2) as one:
        with pytest.raises(failures.TimedOut, match=r"silent for 0\.3 s"):
            ask(one)
        assert len(server.requests) == 2


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_a_server_that_trickles_is_cut_off_at_the_deadline(tmp_path: Path, head: bytes) -> None:
    def trickle(connection: object) -> None:
        connection.sendall(head)  # type: ignore[attr-defined]
        for letter in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100:
            connection.sendall(bytes([letter]))  # type: ignore[attr-defined]
            server.wait(0.1)

    server = Scripted(trickle)
    with server, client(server, tmp_path, [], HUBWATCH_DEADLINE=0.8, HUBWATCH_ATTEMPTS=1) as one:
        began = time.monotonic()
        with pytest.raises(failures.TimedOut, match=r"deadline 0\.8 s"):
            ask(one)
        assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    ("broken", "failure"),
    [
        (answer(b'[{"id": "a/b"}, {"id'), failures.BrokenPage),  # truncated, the length says nothing
        (answer(b'[{"id": "a/b"}', length=900), failures.Unreachable),  # truncated against its length, then silence is cut
        (answer(b"<html>wall</html>", Content_Type="text/html"), failures.Blocked),
        (answer(b"<!doctype html>", status="503 Busy", Content_Type="text/html"), failures.ServerTrouble),
        (answer(b"<html>no</html>", status="403 Forbidden", Content_Type="text/html"), failures.Blocked),
        (answer({"error": "oops"}), failures.BrokenPage),
        (answer(b""), failures.BrokenPage),
        (answer([], status="502 Bad Gateway"), failures.ServerTrouble),
        (lambda connection: None, failures.Unreachable),  # closed without a word
    ],
)
def test_what_may_pass_is_asked_again_and_then_named(tmp_path: Path, broken: bytes, failure: type[Exception]) -> None:
    with Scripted(broken, broken, ONE) as server, client(server, tmp_path, [], HUBWATCH_READ_TIMEOUT=0.3) as one:
        assert ask(one) == 1
        assert (one.tally.requests, one.tally.retries) == (3, 2)
    with Scripted(broken) as server, client(server, tmp_path, [], HUBWATCH_READ_TIMEOUT=0.3) as one:
        with pytest.raises((failure, failures.TimedOut)) as raised:
            ask(one)
        assert "3 attempts in" in raised.value.__notes__[0]


def test_nan_and_stray_bytes_do_not_break_a_page(tmp_path: Path) -> None:
    with Scripted(answer(b'[{"id":"a/b","downloads":NaN},{"id":"\xff"}]')) as server, client(server, tmp_path) as one:
        assert ask(one) == 2


def test_an_empty_window_is_waited_out_and_a_429_beside_the_window_is_not(tmp_path: Path) -> None:
    empty = answer({"error": "slow"}, "429 Too Many", RateLimit='"api";r=0;t=7')
    beside = answer({"error": "300 a day"}, "429 Too Many", RateLimit='"api";r=400;t=200')
    waits: list[float] = []
    with Scripted(empty, ONE) as server, client(server, tmp_path, waits) as one:
        assert ask(one) == 1
    assert waits[0] == pytest.approx(7.5)
    waits.clear()
    with Scripted(beside) as server, client(server, tmp_path, waits) as one, pytest.raises(failures.RateLimited, match="beside the window"):
        ask(one)
    assert len(waits) == 2
    assert max(waits) < 6


def test_a_window_is_paced_before_it_is_empty(tmp_path: Path) -> None:
    waits: list[float] = []
    low = answer([], RateLimit='"api";r=9;t=100', RateLimit_Policy='"fixed window";"api";q=500;w=300')
    with Scripted(low) as server, client(server, tmp_path, waits, HUBWATCH_PATIENCE=500) as one:
        ask(one)
        ask(one)
    assert waits == [pytest.approx(10, abs=0.5)]
    waits.clear()
    high = answer([], RateLimit='"api";r=400;t=100', RateLimit_Policy='"fixed window";"api";q=500;w=300')
    with Scripted(high) as server, client(server, tmp_path, waits) as one:
        ask(one)
        ask(one)
    assert waits == []
    empty = answer([], RateLimit='"api";r=0;t=300')
    with Scripted(empty) as server, client(server, tmp_path, waits) as one:
        ask(one)
        with pytest.raises(failures.RateLimited, match="the window is empty") as raised:
            ask(one)
    assert "the hub asks to wait 300 s, HUBWATCH_PATIENCE allows 20 s in all" in told(raised.value)


@pytest.mark.parametrize("form", ["3", "date"])
def test_retry_after_is_honoured_in_both_forms(tmp_path: Path, form: str) -> None:
    later = (datetime.now(UTC) + timedelta(seconds=4)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    waits: list[float] = []
    busy = answer({}, "429 Too Many", Retry_After=later if form == "date" else form)
    with Scripted(busy, ONE) as server, client(server, tmp_path, waits) as one:
        assert ask(one) == 1
    assert waits[0] == pytest.approx(3, abs=1.5)


def test_a_retry_after_that_is_over_asks_for_no_wait() -> None:
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


def test_an_absurd_retry_after_ends_the_asking_at_once(tmp_path: Path) -> None:
    busy = answer({}, "429 Too Many", Retry_After="86400")
    with Scripted(busy) as server, client(server, tmp_path, []) as one, pytest.raises(failures.RateLimited) as raised:
        ask(one)
    assert "1 attempt in" in told(raised.value)
    assert "the hub asks to wait 86400 s, HUBWATCH_PATIENCE allows 20 s in all" in told(raised.value)


def test_a_refusal_is_final_and_says_what_the_hub_said(tmp_path: Path) -> None:
    with Scripted(answer({"error": "no such sort"}, "400 Bad")) as server, client(server, tmp_path) as one:
        with pytest.raises(failures.Refused, match="no such sort"):
            ask(one)
        assert one.tally.requests == 1


def test_the_token_goes_to_the_hub_and_to_no_other_host(tmp_path: Path) -> None:
    with Scripted(ONE) as other, Scripted(answer(b"", "302 Found", Location=other.url + "/steal")) as server:
        with client(server, tmp_path, HF_TOKEN="hf_secret") as one, pytest.raises(failures.ForeignLink) as raised:
            ask(one)
        assert other.requests == []
    assert "Bearer hf_secret" in server.heads[0]
    assert "hf_secret" not in str(raised.value) + repr(settings_for(tmp_path, HF_TOKEN="hf_secret"))


def test_a_request_to_another_host_is_never_sent(tmp_path: Path) -> None:
    with Scripted(ONE) as other, Scripted(ONE) as server, client(server, tmp_path) as one:
        with pytest.raises(failures.ForeignLink):
            one.ask(Ask(other.url), lambda got: got)
        assert other.requests == []


def test_a_link_to_another_host_is_followed_at_home_by_its_cursor_or_refused(tmp_path: Path) -> None:
    link = '<https://huggingface.co/api/models?limit=1&cursor=abc%3D>; rel="next"'
    with Scripted(answer([1] * 40, Link=link), answer([2])) as server, client(server, tmp_path) as one:
        walk(one)
        assert server.requests[1] == "/p?limit=1&cursor=abc%3D"
    bare = '<https://elsewhere.example/api/models?page=2>; rel="next"'
    with (
        Scripted(answer([1], Link=bare)) as server,
        client(server, tmp_path) as one,
        pytest.raises(failures.ForeignLink, match="elsewhere"),
    ):
        walk(one)


@pytest.mark.parametrize(
    "link",
    [
        '</api/models?cursor=a%3D>; rel="next"',
        '<?cursor=a%3D>; rel="next"',
        '</api/models?cursor=a%3D>;REL="NEXT"',
        "</api/models?cursor=a%3D>; rel=Next",
        '</api/models?cursor=a%3D>; title="a, <b>; c"; rel="nofollow next"',
        '</api/models?cursor=a%3D>; title="; rel=x"; rel="next"',
        "</api/models?cursor=a%3D>; rel='next'",
        '</api/models>; rel="first", </api/models?cursor=a%3D>; rel="next", </z>; rel="last"',
    ],
)
def test_the_next_page_is_found_however_its_link_is_spelled(tmp_path: Path, link: str) -> None:
    with Scripted(answer([1] * 40, Link=link), answer([2])) as server, client(server, tmp_path) as one:
        got = [found.url for found, _ in one.walk(Ask(one.url("/api/models")), lambda page: _reading(one, page, "/api/models"))]
        assert server.requests == ["/api/models", "/api/models?cursor=a%3D"]
        assert len(got) == 2


def test_a_link_that_is_no_next_page_or_no_address_is_not_followed(tmp_path: Path) -> None:
    other = answer([1], Link='</p?page=2>; rel="prev"; title="rel=next", </p3>; rel="nextish"')
    with Scripted(other) as server, client(server, tmp_path) as one:
        assert len(walk(one)) == 1
    broken = Scripted(answer([1], Link='<http://[>; rel="next"'))
    with broken as server, client(server, tmp_path) as one, pytest.raises(failures.ForeignLink, match="no address"):
        walk(one)


def test_a_page_that_names_itself_or_an_earlier_page_is_a_loop(tmp_path: Path) -> None:
    itself = answer([1], Link='</p>; rel="next"')
    with Scripted(itself) as server, client(server, tmp_path, []) as one, pytest.raises(failures.LoopingPages, match="came before"):
        walk(one)
    first, second = answer([1], Link='</p?page=2>; rel="next"'), answer([2], Link='</p>; rel="next"')
    with Scripted(first, second) as server, client(server, tmp_path, []) as one:
        with pytest.raises(failures.LoopingPages, match="came before"):
            walk(one)
        assert set(server.requests) == {"/p", "/p?page=2"}


def test_the_same_page_under_new_links_is_a_loop(tmp_path: Path) -> None:
    same = [{"id": f"a/{number}"} for number in range(20)]
    pages = [answer(same, Link=f'</p?page={number}>; rel="next"') for number in range(2, 9)]
    with Scripted(*pages) as server, client(server, tmp_path, []) as one, pytest.raises(failures.LoopingPages, match="word for word"):
        walk(one)


def test_a_body_beyond_the_bound_is_refused_also_when_it_unpacks_to_it(tmp_path: Path) -> None:
    bomb = gzip.compress(b"[" + b" " * 5_000_000 + b"]")
    packed = answer(bomb, Content_Encoding="gzip")
    with Scripted(packed) as server, client(server, tmp_path, HUBWATCH_MAX_BODY=1_000_000) as one:
        with pytest.raises(failures.TooLarge, match="1000000 bytes that HUBWATCH_MAX_BODY allows; not asked again"):
            ask(one)
        assert one.tally.requests == 1


def test_the_agent_names_itself_with_a_contact(tmp_path: Path) -> None:
    with Scripted(ONE) as server, client(server, tmp_path, HUBWATCH_CONTACT="https://example.org/us") as one:
        ask(one)
        agent = httpx.Headers(dict(line.split(": ", 1) for line in server.heads[0].split("\r\n")[1:-2]))["user-agent"]
    assert agent.startswith("hubwatch/")
    assert "(+https://example.org/us)" in agent


def test_an_abandoned_walk_ends_at_once_though_the_next_page_waits(tmp_path: Path) -> None:
    server = Scripted(answer([1], Link='</p?page=2>; rel="next"'), lambda connection: server.wait(30))
    with server, Client(HUB, settings_for(tmp_path, server.url, HUBWATCH_READ_TIMEOUT=20)) as one:
        began = time.monotonic()
        pages = one.walk(Ask(one.url("/p")), lambda got: _reading(one, got))
        next(pages)
        time.sleep(0.3)
        getattr(pages, "close")()  # noqa: B009  an iterator by its type, a generator in fact
        assert time.monotonic() - began < 4


def test_a_token_that_the_hub_repeats_is_not_told(tmp_path: Path) -> None:
    refused = answer({"error": "no such token: hf_secret"}, "401 Unauthorized")
    with Scripted(refused) as server, client(server, tmp_path, HF_TOKEN="hf_secret") as one:
        with pytest.raises(failures.Refused, match=r"no such token: \.\.\..*the token was not accepted") as raised:
            ask(one)
        own = Ask(one.url("/own"), headers=(("Authorization", "Bearer gw_secret"),))
        refused = answer({"error": "gw_secret"}, "403 Forbidden")
        with Scripted(refused) as other, client(other, tmp_path) as two, pytest.raises(failures.Refused) as also:
            two.ask(replace(own, url=two.url("/own")), lambda got: got)
    assert "Bearer gw_secret" in other.heads[0]
    assert "secret" not in told(raised.value) + told(also.value)


def test_a_token_goes_over_https_alone_and_that_it_was_withheld_is_said(tmp_path: Path) -> None:
    sent: list[str | None] = []

    def hub(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("Authorization"))
        return httpx.Response(401, json={"error": "who are you"})

    for scheme, expected in (("https", "Bearer hf_secret"), ("http", None)):
        settings = settings_for(tmp_path, f"{scheme}://hub.example", HF_TOKEN="hf_secret")
        with Client(HUB, settings, httpx.MockTransport(hub)) as one:
            with pytest.raises(failures.Refused) as raised:
                ask(one)
            assert one.has_token == (expected is not None)
            withheld = "the token is not sent to http://hub.example, because that is not https"
            assert (withheld in told(raised.value), one.tally.notes) == ((False, []) if expected else (True, [withheld]))
            assert ("the token was not accepted" in told(raised.value)) == (expected is not None)
            with pytest.raises(failures.Refused):
                one.ask(Ask(one.url("/own"), headers=(("Authorization", "Bearer own"),)), lambda got: got)
        assert sent[-2:] == [expected, "Bearer own" if expected else None]


@pytest.mark.parametrize("place", ["http://hub.example/api", "https://127.0.0.1/api", "http://user:s3cret@hub.example/", "http://["])
def test_a_refused_redirect_says_where_it_leads_and_the_cure(tmp_path: Path, place: str) -> None:
    cure = r"not followed: if the hub is there now, set HF_ENDPOINT to its address"
    redirect = Scripted(answer(b"", "302 Found", Location=place))
    with redirect as server, client(server, tmp_path) as one, pytest.raises(failures.ForeignLink, match=cure) as raised:
        ask(one)
    assert "s3cret" not in told(raised.value)
    assert ("leads to http://hub.example and" in str(raised.value)) == ("hub.example" in place)
    assert ("leads to no address and" in str(raised.value)) == place.endswith("[")


@pytest.mark.parametrize("wish", ["0", "Mon, 02 Nov 2020 08:00:00 GMT", "9" * 400, "Fri, 31 Dec 9999 23:59:59 -1200", "soon"])
def test_a_wish_that_is_none_leaves_our_own_backoff(tmp_path: Path, wish: str) -> None:
    waits: list[float] = []
    busy = answer({}, "429 Too Many", Retry_After=wish)
    with Scripted(busy) as server, client(server, tmp_path, waits) as one, pytest.raises(failures.RateLimited):
        ask(one)
    assert [2 <= waits[0] <= 3, 4 <= waits[1] <= 5] == [True, True]


@pytest.mark.parametrize(
    "announced",
    [
        {"RateLimit": f'"api";r={"9" * 6000};t=9'},
        {"RateLimit": f'"api";r=0;t={"9" * 400}'},
        {"RateLimit": '"api";r=9;t=9', "RateLimit_Policy": f'"api";q={"9" * 6000};w=300'},
    ],
)
def test_a_number_beyond_all_measure_is_no_quota(tmp_path: Path, announced: dict[str, Any]) -> None:
    waits: list[float] = []
    with Scripted(answer([1], **announced)) as server, client(server, tmp_path, waits) as one:
        assert [ask(one), ask(one)] == [1, 1]
    assert all(wait <= 1 for wait in waits)


def test_the_tightest_announced_window_is_the_one_that_counts(tmp_path: Path) -> None:
    waits: list[float] = []
    two = answer([], RateLimit='"resolvers";r=4000;t=300, "api";r=4;t=100, "pages";r=80;t=60')
    with Scripted(two) as server, client(server, tmp_path, waits, HUBWATCH_PATIENCE=500) as one:
        ask(one)
        assert one.tally.quota_left == 4
        ask(one)
    assert waits == [pytest.approx(20, abs=0.5)]


def test_every_turn_taken_ahead_of_an_answer_counts_against_the_window() -> None:
    turns = Pacer(0.0)
    turns.heard({"ratelimit": '"api";r=4;t=100'}, None)
    ahead = [turns.next() for _ in range(3)]  # each a share of what is left behind the turns before it
    assert ahead == [pytest.approx(wait, abs=0.5) for wait in (100 / 5, 100 / 4, 100 / 3)]


def test_turns_lie_an_interval_apart_also_behind_a_pause() -> None:
    turns = Pacer(10.0)
    assert [turns.next() for _ in range(3)] == [pytest.approx(wait, abs=0.5) for wait in (0, 10, 20)]
    empty = Pacer(10.0)
    empty.heard({"ratelimit": '"api";r=0;t=50'}, None)
    assert [empty.next() for _ in range(2)] == [pytest.approx(wait, abs=0.5) for wait in (50, 60)]


@pytest.mark.parametrize("path", ["/gitlab", ""])
@pytest.mark.parametrize(
    "link", ["/api/models?cursor=b", "http://127.0.0.1:1/api/models?cursor=b", "https://abroad.example/other/api/models?cursor=b"]
)
def test_a_link_is_followed_on_the_route_that_was_asked_whatever_path_it_names(tmp_path: Path, path: str, link: str) -> None:
    with Scripted(answer([1] * 40, Link=f'<{link}>; rel="next"'), answer([2])) as server:
        with Client(HUB, settings_for(tmp_path, server.url + path)) as one:
            walk(one)
        assert server.requests == [f"{path}/p", f"{path}/p?cursor=b"]


def test_what_is_on_this_machine_is_asked_past_any_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    with Scripted(ONE) as proxy, Scripted(ONE) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with client(server, tmp_path) as one:
            assert ask(one) == 1
        assert (len(server.requests), len(proxy.requests)) == (1, 0)
        with Client(HUB, settings_for(tmp_path, "http://hub.example")) as one:
            assert ask(one) == 1
        assert proxy.requests == ["http://hub.example/api/models"]


def test_a_proxy_that_cannot_be_reached_is_named_by_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("HTTP_PROXY", "http://user:s3cret@127.0.0.1:9")
    with (
        Client(HUB, settings_for(tmp_path, "http://hub.example"), sleep=lambda seconds: None) as one,
        pytest.raises(failures.Unreachable) as raised,
    ):
        ask(one)
    assert re.search("look at .*HTTP_PROXY", told(raised.value))
    assert "s3cret" not in told(raised.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks5://user:s3cret@127.0.0.1:9"),
        ("https_proxy", "foo://user:s3cret@host"),
        ("HTTPS_PROXY", "http://user:s3cret@[::1"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_a_proxy_or_certificate_that_cannot_be_used_is_wrong_usage(tmp_path: Path, variable: str, value: str) -> None:
    done = hubwatch(
        tmp_path, "collect", "huggingface", HF_ENDPOINT="https://hub.example", **({"NO_PROXY": "", "no_proxy": ""} | {variable: value})
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert variable in done.stderr
    assert "fault of hubwatch" not in done.stderr
    assert "s3cret" not in done.stderr


def test_too_early_is_asked_again(tmp_path: Path) -> None:
    early = answer([], status="425 Too Early")
    with Scripted(early, ONE) as server, client(server, tmp_path, []) as one:
        assert ask(one) == 1
        assert (one.tally.requests, one.tally.retries) == (2, 1)


def test_an_outage_is_waited_out_in_time_however_many_requests_that_takes(tmp_path: Path) -> None:
    away = [answer(b"{}", status) for status in ("503 Service Unavailable", "502 Bad Gateway") * 8]
    with Scripted(*away, ONE) as server:
        settings = Settings.from_environment(tmp_path, {"HF_ENDPOINT": server.url})  # no HUBWATCH_ATTEMPTS
        with Client(HUB, settings, sleep=lambda seconds: None) as one:
            assert ask(one) == 1
            assert (one.tally.requests, one.tally.retries) == (17, 16)


def test_a_connection_that_breaks_for_some_seconds_is_waited_out(tmp_path: Path) -> None:
    def reset(connection: object) -> None:
        connection.close()  # type: ignore[attr-defined]

    with Scripted(ONE, *[reset] * 12, ONE) as server:
        settings = Settings.from_environment(tmp_path, {"HF_ENDPOINT": server.url})
        with Client(HUB, settings, sleep=lambda seconds: None) as one:
            assert (ask(one), ask(one)) == (1, 1)
            assert one.tally.retries >= 12


def test_a_failure_that_is_about_what_is_asked_is_tried_six_times(tmp_path: Path) -> None:
    with Scripted(answer(b"{}", "500 Internal Server Error")) as server:
        settings = Settings.from_environment(tmp_path, {"HF_ENDPOINT": server.url})
        with Client(HUB, settings, sleep=lambda seconds: None) as one:
            with pytest.raises(failures.ServerTrouble, match="answered 500"):
                ask(one)
            assert len(server.requests) == 6


def test_an_outage_longer_than_the_patience_ends_with_its_name(tmp_path: Path) -> None:
    with Scripted(answer(b"{}", "503 Service Unavailable")) as server:
        settings = Settings.from_environment(tmp_path, {"HF_ENDPOINT": server.url, "HUBWATCH_PATIENCE": "2"})
        with Client(HUB, settings) as one, pytest.raises(failures.Outage) as failed:
            ask(one)
    assert "HUBWATCH_PATIENCE allows 2 s in all" in failures.told(failed.value)


def test_a_certificate_that_is_not_trusted_names_the_variable_that_cures_it(tmp_path: Path) -> None:
    def distrust(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1006)")

    settings = settings_for(tmp_path, "https://hub.test")
    with (
        Client(HUB, settings, httpx.MockTransport(distrust), sleep=lambda seconds: None) as one,
        pytest.raises(failures.Unreachable) as failed,
    ):
        ask(one)
    told = failures.told(failed.value)
    assert "set SSL_CERT_FILE to a file with the certificates to trust" in told
    assert "is the right address" not in told


def test_a_token_store_that_cannot_be_read_stops_only_what_sends_a_request(tmp_path: Path) -> None:
    store = tmp_path / "token"
    store.write_bytes("hf_x".encode("utf-16"))
    found = hubwatch(tmp_path, "run", "huggingface", HF_TOKEN_PATH=str(store), HF_TOKEN="")
    assert found.returncode == 1
    assert f"the token in {store} cannot be read (it is not UTF-8 text)" in found.stderr
    assert "set HF_TOKEN" in found.stderr
    assert hubwatch(tmp_path, "stats", HF_TOKEN_PATH=str(store), HF_TOKEN="").returncode == 0
