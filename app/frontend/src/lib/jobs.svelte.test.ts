import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Job, JobsEvent } from "./jobs";
import { JobList } from "./jobs.svelte";
import { live } from "./live.svelte";
import { session } from "./session.svelte";
import type { Reader } from "./topics";

const job = (id: string, last: number, state: Job["state"] = "running"): Job =>
  ({ id, last, revision: 1, state, name: "run-backup", requested_at: `2026-01-01T00:00:0${id}Z` }) as Job;
const RUNNER = { connected: true, reachable: true, host: "vps", seen_at: null };

let answers: Record<string, object>;
let reader: Reader<JobsEvent>;
const stop = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  stop.mockClear();
  answers = {
    "/api/jobs": { jobs: [job("1", 3)], next: "c", runner: RUNNER, stream: { topic: "jobs", last: 41 } },
    "/api/jobs?before=c": { jobs: [job("0", 9, "failed")], next: null, runner: RUNNER, stream: null },
    "/api/jobs/definitions": { definitions: [{ name: "run-backup", title: "Back up now" }] },
  };
  vi.spyOn(session, "call").mockImplementation((_, path) => Promise.resolve(answers[path]));
  vi.spyOn(live.topics, "follow").mockImplementation((_topic, _since, given) => {
    reader = given as unknown as Reader<JobsEvent>;
    return stop;
  });
});

const seen = (list: JobList): string[] => list.jobs.map(({ id, last, state }) => `${id}.${last} ${state}`);

describe("JobList", () => {
  // If these failed, a job would be missing from the page, or seem to run although it has ended.
  it("goes on where the answer ends, and keeps the newest version of each job", async () => {
    const list = new JobList();
    await list.open();
    expect(live.topics.follow).toHaveBeenLastCalledWith("jobs", 41, expect.anything());
    reader.events([{ kind: "job", job: job("2", 0, "requested") }, { kind: "job", job: job("1", 5, "succeeded") }], 42);
    await list.more();
    expect(seen(list)).toEqual(["2.0 requested", "1.5 succeeded", "0.9 failed"]);
    expect(list.next).toBeNull();
    list.close();
    expect(stop).toHaveBeenCalledOnce();
  });

  it("hears of the runner, and of other definitions", async () => {
    const list = new JobList();
    await list.open();
    reader.events([{ kind: "runner", runner: { ...RUNNER, connected: false } }, { kind: "definitions" }], 42);
    await vi.runAllTimersAsync();
    expect([list.runner?.connected, list.title(job("1", 3))]).toEqual([false, "Back up now"]);
  });

  it("asks again where the history is another one", async () => {
    const list = new JobList();
    await list.open();
    answers["/api/jobs"] = { ...answers["/api/jobs"], jobs: [job("3", 1)] };
    reader.reset();
    await vi.runAllTimersAsync();
    expect(seen(list)).toEqual(["3.1 running", "1.3 running"]);
  });

  it("asks now and then while nothing can be live, until it is closed", async () => {
    const list = new JobList();
    answers["/api/jobs"] = { ...answers["/api/jobs"], stream: null };
    await list.open();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(session.call).toHaveBeenCalledTimes(2);
    list.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(session.call).toHaveBeenCalledTimes(2);
  });
});
