import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Alert, AlertPage } from "./alerts";
import { AlertList } from "./alerts.svelte";
import { session } from "./session.svelte";

const ALL = { status: "", severity: "" };

const alert = (id: number, revision = 1, status: Alert["status"] = "firing"): Alert => ({
  id,
  revision,
  status,
  name: "HostDiskAlmostFull",
  severity: "critical",
  starts_at: "2026-01-01T00:00:00Z",
  ends_at: null,
  labels: {},
  annotations: {},
  acknowledged: null,
});

/** The API, whose answers come when the test says so. */
let answers: ((page: AlertPage) => void)[];

beforeEach(() => {
  answers = [];
  vi.spyOn(session, "call").mockImplementation(() => new Promise((answer) => answers.push(answer as (typeof answers)[number])));
});

const ids = (list: AlertList): string[] => list.shown.map((entry) => `${entry.id}.${entry.revision}`);

describe("AlertList", () => {
  // If these failed, an alert could be missing from the page, or seem to fire although it is over.
  it("keeps what came live while an older answer was on its way", async () => {
    const list = new AlertList();
    const loading = list.load(ALL);
    list.receive([alert(1, 2, "resolved"), alert(3)]);
    answers[0]?.({ alerts: [alert(1), alert(2)], next: null });
    await loading;
    expect(ids(list)).toEqual(["3.1", "2.1", "1.2"]);
    expect(list.firing).toBe("2");
  });

  it("forgets what the API no longer lists", async () => {
    const list = new AlertList();
    list.receive([alert(1)]);
    const loading = list.load(ALL);
    answers[0]?.({ alerts: [alert(2)], next: null });
    await loading;
    expect(ids(list)).toEqual(["2.1"]);
  });

  it("takes no answer to a question that is no longer asked", async () => {
    const list = new AlertList();
    const all = list.load(ALL);
    const firing = list.load({ ...ALL, status: "firing" });
    answers[1]?.({ alerts: [alert(2)], next: "firing.2" });
    answers[0]?.({ alerts: [alert(1)], next: null });
    await Promise.all([all, firing]);
    expect([ids(list), list.next, list.firing]).toEqual([["2.1"], "firing.2", "1+"]);
  });

  it("shows nobody what was loaded for somebody else", async () => {
    const list = new AlertList();
    const loading = list.load(ALL);
    list.receive([alert(1)]);
    list.clear();
    answers[0]?.({ alerts: [alert(2)], next: null });
    await loading;
    expect([ids(list), list.loaded]).toEqual([[], false]);
  });

  it("goes on where the page before ended", async () => {
    const list = new AlertList();
    const loading = list.load(ALL);
    answers[0]?.({ alerts: [alert(2)], next: "firing.2" });
    await loading;
    const more = list.more();
    answers[1]?.({ alerts: [alert(1)], next: null });
    await more;
    expect(session.call).toHaveBeenLastCalledWith("GET", "/api/alerts?after=firing.2");
    expect([ids(list), list.next]).toEqual([["2.1", "1.1"], null]);
  });
});
