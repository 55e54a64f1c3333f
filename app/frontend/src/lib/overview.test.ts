import { describe, expect, it } from "vitest";
import type { Job } from "./jobs";
import { failing, verdict } from "./overview";

const job = (name: string, state: Job["state"]): Job => ({ name, state, id: name + state }) as Job;

describe("failing", () => {
  // If this failed, the overview would call well what fails, or keep crying about what was mended.
  it("has the jobs whose last run failed, and none that has worked since or was only stopped", () => {
    const jobs = [
      job("drill", "running"),
      job("drill", "failed"),
      job("backup", "succeeded"),
      job("backup", "failed"),
      job("deploy", "cancelled"),
      job("restore", "lost"),
    ];
    expect(failing(jobs).map(({ name, state }) => [name, state])).toEqual([["drill", "failed"], ["restore", "lost"]]);
  });
});

describe("verdict", () => {
  it.each([
    [[0, 0], "well"],
    [[0, null], "unknown"],
    [[null, 2], "trouble"],
    [[], "well"],
  ] as const)("of %j is %s", (areas, word) => expect(verdict(areas)).toBe(word));
});
