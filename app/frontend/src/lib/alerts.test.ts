import { describe, expect, it } from "vitest";
import { type Alert, listed, merged, pagePath, remedy, safeLink } from "./alerts";

const alert = (id: number, changes: Partial<Alert> = {}): Alert => ({
  id,
  revision: 1,
  name: "HostDiskAlmostFull",
  severity: "critical",
  status: "firing",
  starts_at: "2026-01-01T00:00:00Z",
  ends_at: null,
  labels: {},
  annotations: {},
  acknowledged: null,
  ...changes,
});
const ALL = { status: "", severity: "" };

describe("merged", () => {
  const old = alert(1);
  const fresh = alert(1, { revision: 2, status: "resolved" });
  // If this failed, an answer that took long would bring back an alert that is over, or hide one.
  it("keeps the newer revision in either order", () => {
    expect(merged([old], [fresh])).toEqual([fresh]);
    expect(merged([fresh], [old])).toEqual([fresh]);
  });
  it("keeps what only one of them has", () => expect(merged([old], [alert(2)])).toEqual([old, alert(2)]));
});

describe("listed", () => {
  const alerts = [alert(1), alert(2, { status: "resolved" }), alert(3, { severity: "warning" }), alert(4, { status: "resolved" })];
  const ids = (filter: Partial<typeof ALL>): number[] => listed(alerts, { ...ALL, ...filter }).map((entry) => entry.id);
  // If this failed, what needs somebody now would be below what is over.
  it("has what fires first", () => expect(ids({})).toEqual([3, 1, 4, 2]));
  it("has only what was asked for", () => {
    expect(ids({ status: "resolved" })).toEqual([4, 2]);
    expect(ids({ severity: "warning" })).toEqual([3]);
    expect(ids({ status: "resolved", severity: "warning" })).toEqual([]);
  });
});

describe("pagePath", () => {
  // If this failed, a filter would be ignored, or refused as empty.
  it.each([
    [ALL, null, "/api/alerts"],
    [{ status: "firing", severity: "a&b" }, null, "/api/alerts?status=firing&severity=a%26b"],
    [ALL, "resolved.5", "/api/alerts?after=resolved.5"],
  ])("%j after %s", (filter, after, path) => expect(pagePath(filter, after)).toBe(path));
});

describe("safeLink", () => {
  // If this failed, whoever can set an annotation could run a script in the console of whoever clicks.
  it.each([
    ["https://docs.example/runbooks/a", "https://docs.example/runbooks/a"],
    ["docs/runbooks/a.md", null],
    ["javascript:alert(1)", null],
    [" javascript:alert(1)//https://a", null],
    ["data:text/html,x", null],
    [undefined, null],
  ])("%s", (address, link) => expect(safeLink(address)).toBe(link));
});

describe("remedy", () => {
  const offered = (job: string, changes: Partial<Alert> = {}) =>
    remedy(alert(1, { annotations: { job, summary: "The disk is 91 % full" }, ...changes }));
  // If this failed, the button would start the job with other values than its runbook says, or nobody would learn why it ran.
  it("is the job with its values, and why", () =>
    expect(offered("prune-images days=1 mode=a=b")).toEqual({
      job: "prune-images",
      values: { days: "1", mode: "a=b" },
      why: "HostDiskAlmostFull: The disk is 91 % full",
    }));
  it("is nothing where none is named, it makes no sense, or all is over", () => {
    expect(remedy(alert(1))).toBeNull();
    expect(offered("  ")).toBeNull();
    expect(offered("prune-images days")).toBeNull();
    expect(offered("prune-images", { status: "resolved" })).toBeNull();
  });
  it("never says more than the console keeps", () => expect(offered("x", { annotations: { job: "x", summary: "y".repeat(999) } })?.why).toHaveLength(500));
});
