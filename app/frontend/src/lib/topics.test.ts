import { beforeEach, describe, expect, it } from "vitest";
import { Topics, type Wire } from "./topics";

/** A server that keeps numbered events of one topic, and whose connection the test cuts. */
class Server implements Wire {
  asked: { event: string; topic: string; since?: number }[] = [];
  acks = 0;
  answer: Parameters<Parameters<Wire["emit"]>[2]>[0] = { ok: true, oldest: 1, last: 0 };
  #listeners = new Map<string, (data: never, ack?: () => void) => void>();

  on: Wire["on"] = (event, listener) => this.#listeners.set(event, listener);
  emit: Wire["emit"] = (event, data, answer) => {
    this.asked.push({ event, ...(data as { topic: string }) });
    answer(this.answer);
  };
  send(event: string, data: object): void {
    this.#listeners.get(event)?.({ topic: "t", ...data } as never, () => (this.acks += 1));
  }
  /** The events `first`…`end`, each its own number. */
  events(first: number, end: number): void {
    this.send("events", { first, events: Array.from({ length: end - first + 1 }, (_, index) => first + index) });
  }
}

let server: Server;
let topics: Topics;
let read: number[];
let waiting: (() => void)[];
let refusals: string[];

const follow = (since = 0): (() => void) =>
  topics.follow<number>("t", since, {
    events: (events) => read.push(...events),
    reset: () => (read = []),
    refused: (code) => refusals.push(code),
  });

beforeEach(() => {
  [server, read, waiting, refusals] = [new Server(), [], [], []];
  topics = new Topics((_, action) => waiting.push(action));
  topics.attach(server);
});

describe("a topic", () => {
  // If these failed, the output of a job would lack lines, or have some twice.
  it("goes on with its last number after a lost connection", () => {
    follow();
    expect(server.asked).toEqual([]);
    topics.connected();
    server.events(1, 3);
    topics.disconnected();
    topics.connected();
    server.events(4, 5);
    expect(server.asked.map((asked) => asked.since)).toEqual([0, 3]);
    expect([read, server.acks]).toEqual([[1, 2, 3, 4, 5], 2]);
  });

  it("takes nothing twice, and asks for what is missing", () => {
    topics.connected();
    follow(2);
    server.events(1, 4);
    server.events(3, 4);
    server.events(4, 6);
    expect(read).toEqual([3, 4, 5, 6]);
    server.events(9, 9);
    expect(server.asked.at(-1)).toEqual({ event: "subscribe", topic: "t", since: 6 });
    server.events(7, 9);
    expect(read).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  it("begins anew where the server says so", () => {
    topics.connected();
    follow();
    server.events(1, 2);
    server.send("reset", { oldest: 40, last: 41 });
    server.events(40, 41);
    expect(read).toEqual([40, 41]);
    server.send("reset", { oldest: 1, last: 1 }); // another history
    server.events(1, 1);
    expect(read).toEqual([1]);
  });

  it("begins with the oldest event that is kept", () => {
    topics.connected();
    follow();
    server.events(40, 41);
    server.events(42, 42);
    expect([read, server.asked.length]).toEqual([[40, 41, 42], 1]);
  });

  it("is asked for again where the page was too slow", () => {
    topics.connected();
    follow();
    server.events(1, 2);
    server.send("lagging", { last: 9 });
    expect(server.asked.at(-1)).toEqual({ event: "subscribe", topic: "t", since: 2 });
  });

  it("is tried again while it is unavailable, and given up when refused", () => {
    topics.connected();
    server.answer = { ok: false, code: "unavailable" };
    follow();
    server.answer = { ok: false, code: "forbidden" };
    waiting.forEach((action) => action());
    expect([server.asked.length, refusals]).toEqual([2, ["forbidden"]]);
    topics.connected();
    expect(server.asked.length).toBe(2);
  });

  it("that nobody reads any more is not asked for", () => {
    topics.connected();
    const [first, second] = [follow(), follow(5)];
    first(); // of a page that goes after the next one has come
    expect(server.asked.map((asked) => asked.event)).toEqual(["subscribe", "subscribe"]);
    second();
    server.events(6, 6);
    topics.connected();
    expect(server.asked.map((asked) => asked.event)).toEqual(["subscribe", "subscribe", "unsubscribe"]);
    expect([read, server.acks]).toEqual([[], 1]);
  });
});
