"""The events of topics, in Redis: numbered, kept and announced in one step.

A topic is a list, and a hash that says how far its numbers went: the oldest kept is ``last - length + 1``, so there
cannot be a gap in it. Both are one unit to others, for only scripts touch them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from console.streams.topics import Keep

PAGE_EVENTS = 500
PAGE_BYTES = 64 * 1024

# ARGV: number of the first event ("" for the next), events kept, bytes kept, seconds kept, seconds the number is kept
# ("" for ever), channel, topic, events. Those that are there already are left out; where some are missing before the
# first, the topic begins anew with it.
_APPEND = """
local list, meta = KEYS[1], KEYS[2]
local last = tonumber(redis.call('HGET', meta, 'last') or 0)
local bytes = tonumber(redis.call('HGET', meta, 'bytes') or 0)
local first = tonumber(ARGV[1]) or last + 1
if last == 0 or first > last + 1 then
  redis.call('DEL', list)
  last, bytes = first - 1, 0
end
local fresh = {}
for index = 8 + last + 1 - first, #ARGV do
  fresh[#fresh + 1] = ARGV[index]
  redis.call('RPUSH', list, ARGV[index])
  bytes = bytes + #ARGV[index]
end
if #fresh > 0 then
  first, last = last + 1, last + #fresh
  local length = redis.call('LLEN', list)
  if length == #fresh then
    bytes = 0
    for _, event in ipairs(fresh) do bytes = bytes + #event end
  end
  while length > tonumber(ARGV[2]) or bytes > tonumber(ARGV[3]) do
    bytes = bytes - #redis.call('LPOP', list)
    length = length - 1
  end
  redis.call('HSET', meta, 'last', last, 'bytes', bytes)
  if ARGV[4] ~= '' then redis.call('EXPIRE', list, ARGV[4]) end
  if ARGV[5] ~= '' then redis.call('EXPIRE', meta, ARGV[5]) end
  redis.call('PUBLISH', ARGV[6], ARGV[7] .. '\\n' .. first .. '\\n[' .. table.concat(fresh, ',') .. ']')
end
return last
"""

# ARGV: the last number that the reader has, how many events, how many bytes (one event always). The events come as one
# text: a client in Python takes longer to read many.
_READ = """
local last = tonumber(redis.call('HGET', KEYS[2], 'last') or 0)
local oldest = last - redis.call('LLEN', KEYS[1]) + 1
if last == 0 then oldest = 1 end
local from = math.max(tonumber(ARGV[1]) + 1, oldest)
if from > last then return {oldest, last, ''} end
local events, bytes, start = {}, 0, from - oldest
for _, event in ipairs(redis.call('LRANGE', KEYS[1], start, start + ARGV[2] - 1)) do
  bytes = bytes + #event
  if #events > 0 and bytes > tonumber(ARGV[3]) then break end
  events[#events + 1] = event
end
return {oldest, last, table.concat(events, ',')}
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Events from number ``first`` on, of a topic that has ``oldest`` to ``last``."""

    oldest: int
    last: int
    first: int
    events: list[Any]


def channel_of(prefix: str) -> str:
    """Where new events are announced: topic, number of the first, and a JSON list of them, a line each."""
    return f"{prefix}topics"


def announcement(data: bytes) -> tuple[str, int, bytes]:
    """Topic, number of the first event, and the events as they came. Raises ValueError."""
    topic, first, events = data.split(b"\n", 2)
    return topic.decode(), int(first), events


class TopicStore:
    """What Redis raises when it is away, these raise."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix

    async def append(self, topic: str, events: Sequence[Any], keep: Keep, first: int | None = None) -> int:
        """Add events; returns the number of the last. ``first`` is for those who number their events themselves."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            self.queue(pipeline, topic, events, keep, first)
            [last] = await pipeline.execute()
        return int(last)

    def queue(
        self, pipeline: Pipeline, topic: str, events: Sequence[Any], keep: Keep, first: int | None = None
    ) -> None:
        """The same, as a part of what a pipeline does."""
        seconds, number_seconds = keep.seconds or "", keep.number_seconds or ""
        bounds = [keep.events, keep.bytes, seconds, number_seconds, channel_of(self._prefix), topic]
        pipeline.eval(_APPEND, 2, *self._keys(topic), first or "", *bounds, *map(packed, events))

    async def read(self, topic: str, since: int, most: int = PAGE_EVENTS) -> Page:
        """What follows after number ``since``, as much as goes into one page."""
        answer = await self._redis.eval(_READ, 2, *self._keys(topic), since, most, PAGE_BYTES)
        oldest, last, events = answer
        return Page(oldest, last, max(since + 1, oldest), json.loads(b"[%s]" % events))

    async def span(self, topic: str) -> tuple[int, int]:
        """The oldest number that is kept, and the last that there was."""
        page = await self.read(topic, 2**53, 1)
        return page.oldest, page.last

    async def sizes(self, topics: Sequence[str]) -> list[int]:
        """Bytes of each."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for topic in topics:
                pipeline.hget(self._keys(topic)[1], "bytes")
            return [int(size or 0) for size in await pipeline.execute()]

    async def forget(self, topics: Sequence[str]) -> None:
        """Remove the events, not the memory of how far they went."""
        if topics:
            await self._redis.unlink(*(self._keys(topic)[0] for topic in topics))

    def _keys(self, topic: str) -> tuple[str, str]:
        return f"{self._prefix}topic:{topic}", f"{self._prefix}topic:{topic}:meta"


def packed(event: Any) -> str:
    """An event as it is kept."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
