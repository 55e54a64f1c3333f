import type { Component } from "svelte";
import { render } from "svelte/server";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Alert } from "./lib/alerts";
import type { User } from "./lib/api";
import type { App, Release } from "./lib/deploys";
import type { Definition, Job } from "./lib/jobs";

const VIEWER = ["alerts:read", "backups:read", "deploys:read", "jobs:read", "metrics:read", "own", "services:read"];
const OPERATOR = [...VIEWER, "alerts:acknowledge", "jobs:run"];
const ADMIN = [...OPERATOR, "audit:read", "users:read", "users:write"];

const ALERT: Alert = {
  id: 1,
  revision: 1,
  name: "HostDiskAlmostFull",
  severity: "critical",
  status: "firing",
  starts_at: "2026-01-01T00:00:00Z",
  ends_at: null,
  labels: { mountpoint: "/" },
  annotations: { summary: "<img src=x onerror=alert(1)>", runbook_url: "javascript:alert(1)" },
  acknowledged: null,
};

const JOB: Job = {
  id: "3f2a",
  name: "run-backup",
  parameters: { app: "<img src=x>" },
  by: { user: "ann", role: "operator" },
  why: "<img src=x>",
  state: "running",
  detail: {},
  requested_at: "2026-01-01T00:00:00Z",
  started_at: "2026-01-01T00:00:01Z",
  finished_at: null,
  play: "",
  task: "",
  cancel_asked: false,
  last: 3,
  revision: 1,
};

/** What a person with these permissions sees. The modules want a browser's globals. */
async function seen(part: string, permissions: string[], props: Record<string, unknown>): Promise<string> {
  const { session } = await import("./lib/session.svelte");
  session.user = { name: "ann", role: "viewer", permissions } satisfies User;
  const module = (await import(`./parts/${part}.svelte`)) as { default: Component<Record<string, unknown>> };
  return render(module.default, { props }).body;
}

beforeAll(() => {
  vi.stubGlobal("localStorage", { getItem: () => "en", setItem: () => undefined });
});

describe("a viewer", () => {
  // If these failed, people would be offered what is refused, or not be offered what they may do.
  it("sees an alert and no way to acknowledge it", async () => {
    expect(await seen("AlertCard", VIEWER, { alert: ALERT })).not.toContain("<button");
    expect(await seen("AlertCard", OPERATOR, { alert: ALERT })).toContain("Acknowledge");
  });
  it("sees how many alerts fire, on each page", async () => {
    const badge = async (firing: string): Promise<boolean> =>
      (await seen("Header", VIEWER, { page: "services", firing })).includes(">2</span>");
    expect([await badge("2"), await badge("0")]).toEqual([true, false]);
  });
  it("sees no link to what only admins see", async () => {
    const links = async (permissions: string[]): Promise<string[]> =>
      [...(await seen("Header", permissions, { page: "services", firing: "0" })).matchAll(/href="#\/(\w+)"/g)].map((found) => found[1] ?? "");
    expect(await links(VIEWER)).toEqual(["overview", "services", "deploys", "backups", "alerts", "jobs", "profile"]);
    expect(await links(ADMIN)).toEqual(["overview", "services", "deploys", "backups", "alerts", "jobs", "users", "audit", "profile"]);
  });
});

describe("a job", () => {
  // If these failed, a viewer would be offered to start or stop what the API then refuses.
  const started = async (): Promise<Record<string, unknown>> => {
    const { JobList } = await import("./lib/jobs.svelte");
    const list = new JobList();
    list.keep({ ...JOB });
    list.definitions = [
      { name: "run-backup", title: "Back up now", allowed: true, parameters: {} },
      { name: "deploy", title: "Deploy", allowed: false, parameters: {} },
    ] as unknown as Definition[];
    return { list, id: JOB.id, choose: () => undefined };
  };
  it("can be cancelled by an operator", async () => {
    expect(await seen("JobDetail", VIEWER, await started())).not.toContain("Cancel the job");
    expect(await seen("JobDetail", OPERATOR, await started())).toContain("Cancel the job");
  });
  it("can be started by whom its definition allows", async () => {
    expect(await seen("Definitions", VIEWER, await started())).not.toContain("<button");
    const offered = await seen("Definitions", OPERATOR, await started());
    expect([offered.includes("Start: Back up now"), offered.includes("Deploy")]).toEqual([true, false]);
  });
  it("of a host that says nothing is shown as such", async () => {
    expect(await seen("JobState", VIEWER, { state: "running", unknown: true })).toContain("Unreachable");
  });
  it("with hostile words is only text", async () => {
    const html = await seen("JobDetail", VIEWER, await started());
    expect(html).toContain("&lt;img src=x>");
    expect(html).not.toContain("<img");
  });
});

describe("an app", () => {
  const release = (name: string): Release => ({ name, since: "2026-01-01T00:00:00Z", by: "<img src=x>", message: "<img src=x>", left: false });
  const app: App = { name: "shop", running: release("1.5"), earlier: [release("1.4"), release("sha256:0a")] };
  const shown = async (permissions: string[], offered: string[]): Promise<string> => {
    const { JobList } = await import("./lib/jobs.svelte");
    const jobs = new JobList();
    const text = { title: "", type: "string", pattern: "[a-z0-9.]+", choices: null, required: true, default: null };
    jobs.definitions = offered.map((name) => ({ name, allowed: true, parameters: { app: text, release: text } })) as unknown as Definition[];
    return seen("AppCard", permissions, { app, jobs });
  };
  const starts = (html: string): string[] => [...html.matchAll(/data-start="([\w-]+)"/g)].map((found) => found[1] ?? "");
  // If these failed, people would be offered what is refused, or what is not on the runner's list.
  it("is deployed and gone back by whom the jobs allow", async () => {
    const both = ["deploy-app", "rollback-app"];
    expect(starts(await shown(VIEWER, both))).toEqual([]);
    expect(starts(await shown(OPERATOR, []))).toEqual([]);
    expect(starts(await shown(OPERATOR, ["rollback-app"]))).toEqual(["rollback-app"]); // not to what the job would refuse
    expect(starts(await shown(OPERATOR, both))).toEqual(both);
  });
  it("with hostile words is only text", async () => expect(await shown(OPERATOR, [])).not.toContain("<img"));
});

describe("a backup", () => {
  // If this failed, a backup that failed off-site would look like one that did not, or its words would run as code.
  it("that failed at a target says so, as text", async () => {
    const targets = [{ name: "offsite", good: false, stored: 0, problems: ["run: <img src=x>"] }];
    const run = { id: "a", run: "a", started: "2026-01-01T00:00:00Z", seconds: 1, good: false, partial: false, bytes: 1, targets, proven: null };
    const html = await seen("RunTable", VIEWER, { runs: [run] });
    expect([html.includes('data-outcome="failed"'), html.includes("run: &lt;img src=x>"), html.includes("<img")]).toEqual([true, true, false]);
  });
});

describe("an alert", () => {
  it("that is over can be acknowledged by nobody", async () => {
    const over = { ...ALERT, status: "resolved", ends_at: "2026-01-01T01:00:00Z" };
    expect(await seen("AlertCard", ADMIN, { alert: over })).not.toContain("<button");
  });
  // If this failed, whoever can set an annotation could run a script in everybody's console.
  it("with hostile values is only text", async () => {
    const html = await seen("AlertCard", ADMIN, { alert: ALERT });
    expect(html).toContain("&lt;img src=x onerror=alert(1)>");
    expect(html).not.toContain("<img");
    expect(html).not.toContain("href=");
  });
});
