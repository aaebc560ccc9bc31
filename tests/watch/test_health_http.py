"""Health and figures as they are asked for: over HTTP, from a real server."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from scanner.errors import JanaError
from scanner.model.outcome import RefusalReason
from scanner.watch.health import Health
from scanner.watch.http import HealthServer
from scanner.watch.metrics import Metrics, Stage


class HandClock:
    """A clock that goes only when it is pushed."""

    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


class Service:
    """A server with all that it tells."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.health = Health(self.clock)
        self.health.register("intake", allowed_s=5)
        self.metrics = Metrics(self.health, monotonic=self.clock)
        self.server = HealthServer(self.health, self.metrics)

    def ask(self, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, str]:
        asking = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=30)
        asking.request(method, path)
        answer = asking.getresponse()
        body = answer.read().decode()
        asking.close()
        return answer, body

    def figures(self) -> dict[str, float]:
        """By name and labels."""
        _, text = self.ask("/metrics")
        return {
            sample.name + "".join(f"/{value}" for value in sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    with service.server:
        yield service


def test_healthz_tells_of_every_part_and_why(service: Service) -> None:
    answer, body = service.ask("/healthz")
    assert (answer.status, answer.getheader("Content-Type")) == (200, "application/json")
    assert json.loads(body) == {
        "well": True,
        "live": True,
        "parts": {"intake": {"live": True, "quiet_s": 0.0, "trouble": None}},
    }

    service.health.trouble("record", "the server is away")
    answer, body = service.ask("/healthz")
    assert answer.status == 503
    assert json.loads(body)["live"] is True
    assert json.loads(body)["parts"]["record"]["trouble"] == "the server is away"

    service.health.clear("record")
    service.clock.now_s += 5.01
    answer, body = service.ask("/healthz")
    assert answer.status == 503
    assert json.loads(body)["parts"]["intake"]["live"] is False


def test_figures_are_what_was_counted(service: Service) -> None:
    metrics, clock = service.metrics, service.clock
    metrics.page_read()
    metrics.page_read()
    metrics.page_empty()
    metrics.refused(RefusalReason.TORN)
    metrics.attempt()
    metrics.review_queue(7)
    with metrics.timed(Stage.COMMIT):
        clock.now_s += 0.25
    metrics.waiting(3, oldest_s=60)
    clock.now_s += 10
    service.health.trouble("intake", "the disk is full")

    figures = service.figures()

    assert figures["jana_pages_read_total"] == 2
    assert figures["jana_pages_empty_total"] == 1
    assert figures["jana_pages_refused_total/torn"] == 1
    assert figures["jana_pages_refused_total/no_code"] == 0
    assert figures["jana_attempts_total"] == 1
    assert figures["jana_review_queue"] == 7
    assert figures["jana_stage_seconds_sum/commit"] == 0.25
    assert figures["jana_stage_seconds_count/read"] == 0
    assert figures["jana_files_waiting"] == 3
    assert figures["jana_oldest_waiting_seconds"] == 70, "it grows by itself while nobody counts"
    assert figures["jana_part_live/intake"] == 0, "ten seconds without a tick"
    assert figures["jana_part_trouble/intake"] == 1
    assert figures["jana_process_resident_memory_bytes"] > 1e6

    metrics.waiting(0, oldest_s=None)
    assert service.figures()["jana_oldest_waiting_seconds"] == 0


def test_two_services_in_one_process_count_apart(service: Service) -> None:
    Metrics().page_read()
    assert service.figures()["jana_pages_read_total"] == 0


def test_nothing_else_is_answered_and_nothing_is_given_away(service: Service) -> None:
    assert service.ask("/healthz?x=1")[0].status == 200
    for path in ("/", "/healthz/", "/../etc/passwd", "/metrics/x"):
        assert service.ask(path)[0].status == 404, path
    assert service.ask("/healthz", "POST")[0].status == 501
    answer, body = service.ask("/metrics", "HEAD")
    assert (answer.status, body) == (200, "")
    assert not re.search(r"python", f"{answer.headers}", re.IGNORECASE)
    assert urlsplit(service.server.url).hostname == "127.0.0.1"


def test_who_asks_slowly_holds_up_neither_others_nor_the_stop() -> None:
    service = Service()
    service.server.start()
    place = urlsplit(service.server.url)
    assert place.hostname is not None
    with socket.create_connection((place.hostname, place.port or 0), timeout=30) as slow:
        slow.sendall(b"GET /healthz HT")
        assert service.ask("/healthz")[0].status == 200
        service.server.stop()
        with pytest.raises(OSError, match=r"refused|reset"):
            service.ask("/healthz")


def test_a_port_is_given_back_and_a_taken_one_is_a_known_error(service: Service) -> None:
    port = urlsplit(service.server.url).port or 0
    with pytest.raises(JanaError, match="Choose others"):
        HealthServer(service.health, service.metrics, port=port)
    service.server.stop()
    with HealthServer(service.health, service.metrics, port=port) as again:
        assert urlsplit(again.url).port == port
    HealthServer(service.health, service.metrics).stop()  # one that never answered stops too
