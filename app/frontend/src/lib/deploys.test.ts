import { describe, expect, it } from "vitest";
import { type App, reachable, type Release, tone } from "./deploys";

const release = (name: string, since: string): Release => ({ name, since, by: "ada", message: "", left: false });

describe("reachable", () => {
  // If this failed, a button would lead to another release than the one it stands beside.
  it("has of several releases under one name the newest", () => {
    const earlier = [release("latest", "c"), release("1.3", "b"), release("latest", "a")];
    const app: App = { name: "shop", running: release("latest", "d"), earlier };
    expect(reachable(app).map(({ name, since }) => `${name} ${since}`)).toEqual(["latest c", "1.3 b"]);
  });
});

describe("tone", () => {
  // If this failed, a deploy that failed would look like one that went well.
  it("differs for each verdict", () => expect((["deployed", "rolled back", "failed"] as const).map(tone)).toEqual(["healthy", "degraded", "down"]));
});
