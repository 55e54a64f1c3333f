/** What is asked for now and then, as long as somebody looks: for what no event tells of. */

import { untrack } from "svelte";
import { Attempt } from "./attempt.svelte";
import { session } from "./session.svelte";

export class Polled<T> {
  /** The newest answer; null until there is one, and after one that failed: what is old says nothing about now. */
  value = $state.raw<T | null>(null);
  readonly asking = new Attempt();
  #asked = 0;

  constructor(private readonly seconds: number) {}

  /** Asks at once, when the page comes into sight, and every so often while it is, until what it returns is called. */
  watch(path: string): () => void {
    const ask = (): void => {
      if (!document.hidden) void this.#ask(path);
    };
    untrack(ask);
    const timer = setInterval(ask, this.seconds * 1000);
    document.addEventListener("visibilitychange", ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", ask);
      this.#asked += 1;
    };
  }

  async #ask(path: string): Promise<void> {
    const asked = ++this.#asked;
    let value: T | null = null;
    await this.asking.run(async () => {
      value = (await session.call("GET", path)) as T;
    });
    if (asked === this.#asked) this.value = value; // else something else is asked for since
  }
}
