"""A bounded, steady load on the console from outside, over verified TLS, that counts what failed."""

from __future__ import annotations

import ssl
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

import httpx

# 20 requests a second is the load that issue 2 names; the bounds keep a forgotten load from running on.
PER_SECOND = 20
MOST_SECONDS = 900
EACH_SECOND = 12.5  # requests that one thread makes at most: it waits up to 80 ms for each answer and is in time
LEAST_THREADS = 4


class Load:
    """Context manager: sends `per_second` requests a second in turn to `paths` until it is left.

    After it `answers` counts results: a status code, or the name of the exception. Half of the
    requests use kept-alive connections, half open a new one, since the two fail differently.
    `address`: connect there instead of where DNS says (the C library does not know .localhost).
    An empty `ca_file` takes any certificate.
    """

    def __init__(
        self,
        base: str,
        ca_file: str,
        paths: tuple[str, ...] = ("/api/health", "/"),
        address: str = "",
        per_second: int = PER_SECOND,
    ) -> None:
        self.answers: Counter[str] = Counter()
        url = httpx.URL(base)
        self._base, self._paths, self._host = url.copy_with(host=address or url.host), paths, url.host
        self._context = ssl.create_default_context(cafile=ca_file or None)
        if not ca_file:
            self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE
        self._stop = threading.Event()
        self._per_second = per_second
        threads = max(LEAST_THREADS, round(per_second / EACH_SECOND))
        self._threads = [threading.Thread(target=self._work, args=(one,), daemon=True) for one in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _work(self, number: int) -> None:
        interval = len(self._threads) / self._per_second
        keep = number % 2 == 0
        limits = httpx.Limits(max_keepalive_connections=1 if keep else 0)
        end = time.monotonic() + MOST_SECONDS
        with httpx.Client(
            base_url=self._base, headers={"Host": self._host}, verify=self._context, limits=limits, timeout=20
        ) as client:
            next_at = time.monotonic() + number / self._per_second
            turn = number // 2
            while not self._stop.is_set() and next_at < end:
                time.sleep(max(0.0, next_at - time.monotonic()))
                next_at += interval
                turn += 1
                try:
                    path = self._paths[turn % len(self._paths)]
                    answer = str(client.get(path, extensions={"sni_hostname": self._host}).status_code)
                except httpx.HTTPError as error:
                    answer = type(error).__name__
                self.answers[answer] += 1

    @property
    def failed(self) -> dict[str, int]:
        """What was answered other than 200, with its count."""
        return {answer: count for answer, count in self.answers.items() if answer != "200"}
