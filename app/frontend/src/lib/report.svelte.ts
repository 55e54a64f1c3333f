/** What the host's reporter has told of one subject: the newest page of it, and those that a person asked for besides. */

import { withQuery } from "./api";
import { session } from "./session.svelte";

interface Page {
  next: string | null;
  reported_at: string | null;
}

const LEAST = 50;
const MOST = 200;

export class Report<Told extends Page, Entry> {
  /** The newest answer; null until there is one. */
  told = $state.raw<Told | null>(null);
  entries = $state.raw<Entry[]>([]);
  next = $state<string | null>(null);
  #filter: Record<string, string> = {};
  /** Not a state: what loads would else follow from what is loaded. */
  #shown = 0;
  #asked = 0;

  /** `entriesOf`: the list of a page that goes on on the next one. */
  constructor(
    private readonly path: string,
    private readonly entriesOf: (told: Told) => Entry[],
  ) {}

  /** All anew, as many entries as are shown; the first page where the filter is another one. Raises ApiError. */
  async load(filter: Record<string, string> = {}): Promise<void> {
    const same = JSON.stringify(filter) === JSON.stringify(this.#filter);
    const limit = same ? Math.min(MOST, Math.max(LEAST, this.#shown)) : LEAST;
    this.#filter = filter;
    const asked = ++this.#asked;
    const told = await this.#ask({ ...filter, limit: String(limit) });
    if (asked !== this.#asked) return; // something else is asked for since
    this.told = told;
    this.#show(this.entriesOf(told), told.next);
  }

  /** One page more. Raises ApiError. */
  async more(): Promise<void> {
    const asked = this.#asked;
    const told = await this.#ask({ ...this.#filter, before: this.next });
    if (asked === this.#asked) this.#show([...this.entries, ...this.entriesOf(told)], told.next);
  }

  async #ask(query: Record<string, string | null>): Promise<Told> {
    return (await session.call("GET", withQuery(this.path, query))) as Told;
  }

  #show(entries: Entry[], next: string | null): void {
    this.entries = entries;
    this.next = next;
    this.#shown = entries.length;
  }
}
