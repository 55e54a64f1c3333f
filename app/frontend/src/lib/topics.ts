/** Topics of the live connection: numbered events, each handled once and none left out, whatever the connection does. */

/** What is read from a topic. `first` is the number of the first event. */
export interface Reader<Event> {
  events: (events: Event[], first: number) => void;
  /** What was read so far counts no longer: events follow from the oldest one that is kept. */
  reset: () => void;
  /** It cannot be read, and why; nothing follows. */
  refused?: (code: string) => void;
}

/** The part of a Socket.IO client that is needed here. */
export interface Wire {
  on: (event: string, listener: (data: never, ack?: () => void) => void) => unknown;
  emit: (event: string, data: unknown, answer: (answer: Answer) => void) => unknown;
}

type Answer = { ok: true; oldest: number; last: number } | { ok: false; code: string };

interface Followed {
  reader: Reader<never>;
  /** The number of the last event that was handled. */
  last: number;
}

const RETRY_MS = 3_000;

export class Topics {
  #wire: Wire | null = null;
  #connected = false;
  #followed = new Map<string, Followed>();

  /** `later` calls its action after some milliseconds. */
  constructor(private readonly later: (milliseconds: number, action: () => void) => unknown = (ms, action) => setTimeout(action, ms)) {}

  /** Read by way of `wire`, from the next `connected` on. */
  attach(wire: Wire): void {
    this.#wire = wire;
    this.#connected = false;
    wire.on("events", (message: { topic: string; first: number; events: never[] }, ack?: () => void) => {
      this.#take(message);
      ack?.(); // so that a page which is busy is sent no more than it can draw
    });
    wire.on("reset", ({ topic, oldest }: { topic: string; oldest: number }) => {
      const followed = this.#followed.get(topic);
      if (!followed) return;
      followed.last = oldest - 1;
      followed.reader.reset();
    });
    wire.on("lagging", ({ topic }: { topic: string }) => this.#subscribe(topic));
  }

  /** There is a new connection, whose server knows of no subscription. */
  connected(): void {
    this.#connected = true;
    for (const topic of this.#followed.keys()) this.#subscribe(topic);
  }

  disconnected(): void {
    this.#connected = false;
  }

  /** Read what comes after number `since` (0: all that is kept), until what it returns is called. One reader a topic. */
  follow<Event>(topic: string, since: number, reader: Reader<Event>): () => void {
    const followed: Followed = { reader: reader as Reader<never>, last: since };
    this.#followed.set(topic, followed);
    this.#subscribe(topic);
    return () => {
      if (this.#followed.get(topic) !== followed) return; // somebody else reads it now
      this.#followed.delete(topic);
      if (this.#connected) this.#wire?.emit("unsubscribe", { topic }, () => undefined);
    };
  }

  #subscribe(topic: string): void {
    const followed = this.#followed.get(topic);
    if (!followed || !this.#connected) return;
    this.#wire?.emit("subscribe", { topic, since: followed.last }, (answer) => {
      if (answer.ok || this.#followed.get(topic) !== followed) return;
      if (answer.code === "unavailable") this.later(RETRY_MS, () => this.#followed.get(topic) === followed && this.#subscribe(topic));
      else {
        this.#followed.delete(topic);
        followed.reader.refused?.(answer.code);
      }
    });
  }

  #take({ topic, first, events }: { topic: string; first: number; events: never[] }): void {
    const followed = this.#followed.get(topic);
    if (!followed) return;
    if (followed.last === 0) followed.last = first - 1; // all that is kept was asked for
    if (first > followed.last + 1) return this.#subscribe(topic); // something is missing: ask for it
    const news = events.slice(followed.last + 1 - first);
    if (news.length === 0) return;
    const begin = followed.last + 1;
    followed.last += news.length;
    followed.reader.events(news, begin);
  }
}
