/** The list of alerts that a page shows: loaded page by page, and changed by what comes live. */

import { type Alert, type AlertFilter, type AlertPage, listed, merged, pagePath } from "./alerts";
import { session } from "./session.svelte";

export class AlertList {
  filter = $state<AlertFilter>({ status: "", severity: "" });
  next = $state<string | null>(null);
  loaded = $state(false);
  #alerts = $state.raw<Alert[]>([]);
  /** What came live while an answer was on its way, which may be older. */
  #meanwhile: Alert[] = [];
  #asked = 0;

  get shown(): Alert[] {
    return listed(this.#alerts, this.filter);
  }

  /** How many of them fire; with "+" where further pages may have more. */
  get firing(): string {
    const count = this.#alerts.filter((alert) => alert.status === "firing").length;
    return `${count}${this.next?.startsWith("firing") ? "+" : ""}`;
  }

  clear(): void {
    this.#asked += 1;
    this.#alerts = [];
    this.next = null;
    this.loaded = false;
  }

  /** The first page anew; what is missing from it may be over since. Raises ApiError. */
  async load(filter: AlertFilter): Promise<void> {
    const asked = ++this.#asked;
    this.#meanwhile = [];
    const page = (await session.call("GET", pagePath(filter, null))) as AlertPage;
    if (asked !== this.#asked) return; // another filter was chosen since
    this.#alerts = merged(page.alerts, this.#meanwhile);
    this.next = page.next;
    this.loaded = true;
  }

  /** One page more. Raises ApiError. */
  async more(): Promise<void> {
    const asked = this.#asked;
    const page = (await session.call("GET", pagePath(this.filter, this.next))) as AlertPage;
    if (asked !== this.#asked) return;
    this.receive(page.alerts);
    this.next = page.next;
  }

  receive(news: readonly Alert[]): void {
    this.#meanwhile = merged(this.#meanwhile, news);
    this.#alerts = merged(this.#alerts, news);
  }
}
