/** The list of jobs that a page shows: loaded page by page, and changed by what comes live. */

import { ApiError, withQuery } from "./api";
import { type Definition, type Job, type JobsEvent, merged, type Runner } from "./jobs";
import { live } from "./live.svelte";
import { session } from "./session.svelte";

interface JobPage {
  jobs: Job[];
  next: string | null;
  runner: Runner;
  /** Where the live connection goes on; null while it cannot. */
  stream: { topic: string; last: number } | null;
}

const POLL_MS = 10_000;

export class JobList {
  jobs = $state.raw<Job[]>([]);
  definitions = $state.raw<Definition[]>([]);
  runner = $state.raw<Runner | null>(null);
  next = $state<string | null>(null);
  loaded = $state(false);
  #stop: () => void = () => undefined;
  #ended = false;

  /** The first page, then everything live until `close`. Raises ApiError. */
  async open(): Promise<void> {
    const page = await this.#page({});
    if (this.#ended) return;
    this.next = page.next;
    this.loaded = true;
    if (page.stream === null) {
      const timer = setTimeout(() => this.open().catch(ignoreApi), POLL_MS);
      this.#stop = () => clearTimeout(timer);
      return;
    }
    this.#stop = live.topics.follow<JobsEvent>(page.stream.topic, page.stream.last, {
      events: (events) => this.#receive(events),
      reset: () => void this.#page({}).catch(ignoreApi),
    });
  }

  /** One page more. Raises ApiError. */
  async more(): Promise<void> {
    this.next = (await this.#page({ before: this.next })).next;
  }

  /** What can be run. Raises ApiError. */
  async define(): Promise<void> {
    const answer = (await session.call("GET", "/api/jobs/definitions")) as { definitions: Definition[] };
    this.definitions = answer.definitions;
  }

  close(): void {
    this.#ended = true;
    this.#stop();
  }

  /** What has become known otherwise. */
  keep(job: Job): void {
    this.jobs = merged(this.jobs, [job]);
  }

  of(id: string): Job | undefined {
    return this.jobs.find((job) => job.id === id);
  }

  /** The title of a job's definition; its name where that has gone. */
  title(job: Job): string {
    return this.definition(job)?.title ?? job.name;
  }

  definition(job: Job): Definition | undefined {
    return this.definitions.find((one) => one.name === job.name);
  }

  /** The jobs that this user may start now. */
  get startable(): Definition[] {
    return session.may("jobs:run") ? this.definitions.filter((one) => one.allowed) : [];
  }

  async #page(query: Record<string, string | null>): Promise<JobPage> {
    const page = (await session.call("GET", withQuery("/api/jobs", query))) as JobPage;
    this.jobs = merged(this.jobs, page.jobs);
    this.runner = page.runner;
    return page;
  }

  #receive(events: JobsEvent[]): void {
    this.jobs = merged(this.jobs, events.flatMap((event) => (event.kind === "job" ? [event.job] : [])));
    for (const event of events) {
      if (event.kind === "runner") this.runner = event.runner;
      else if (event.kind === "definitions") void this.define().catch(ignoreApi);
    }
  }
}

/** For what is asked again by itself: what it shows stays as it was. */
function ignoreApi(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}
