import { describe, expect, it } from "vitest";
import { entriesPath } from "./audit";

const ALL = { user: "", action: "", outcome: "", since: "", until: "" };

describe("entriesPath", () => {
  // If this failed, somebody who looks for one user's deeds would see another's, or none.
  it.each([
    [ALL, null, "/api/audit"],
    [{ ...ALL, user: " ann ", outcome: "refused" }, null, "/api/audit?user=ann&outcome=refused"],
    [{ ...ALL, action: "users.create" }, "17", "/api/audit?action=users.create&before=17"],
  ])("%j before %s", (filter, before, path) => expect(entriesPath(filter, before)).toBe(path));

  it("gives times their zone", () => {
    const path = entriesPath({ ...ALL, since: "2026-07-01T12:30" }, null);
    const since = new URLSearchParams(path.split("?")[1]).get("since") ?? "";
    expect(Date.parse(since)).toBe(new Date(2026, 6, 1, 12, 30).getTime());
  });
});
