import { describe, expect, it } from "vitest";
import { type Drill, newestComplete, outcome, type Run, size, troubled } from "./backups";

const run = (id: string, changes: Partial<Run> = {}): Run => ({
  id,
  run: id,
  started: "2026-01-01T03:00:00Z",
  seconds: 1,
  good: true,
  partial: false,
  bytes: 1,
  targets: [],
  proven: null,
  ...changes,
});
const drill = (good: boolean): Drill => ({ good }) as Drill;

describe("outcome", () => {
  // If these failed, a backup that lacks something would be called complete.
  it("says what is missing", () => {
    expect([run("a"), run("b", { partial: true }), run("c", { partial: true, good: false })].map(outcome)).toEqual(["complete", "partial", "failed"]);
  });
  it("tells the newest one that holds everything", () => {
    const runs = [run("d", { partial: true }), run("c", { good: false }), run("b"), run("a")];
    expect(newestComplete(runs)?.id).toBe("b");
    expect(newestComplete(runs.slice(0, 2))).toBeUndefined();
  });
});

describe("troubled", () => {
  // If this failed, nobody would look at a backup or a drill that went wrong.
  it.each([
    [[run("b")], [drill(true), drill(false)], false],
    [[run("b", { good: false }), run("a")], [], true],
    [[run("b", { partial: true, good: false }), run("a")], [], false],
    [[run("b")], [drill(false), drill(true)], true],
    [[], [], false],
  ])("%#", (runs, drills, expected) => expect(troubled(runs, drills)).toBe(expected));
});

describe("size", () => {
  it.each([
    [0, "en", "0 byte"],
    [999, "en", "999 byte"],
    [1_440_000_000, "en", "1.4 GB"],
    [1_440_000, "de", "1,4 MB"],
    [5e18, "en", "5,000,000 TB"],
  ])("%d in %s", (bytes, language, text) => expect(size(bytes, language).replace("\u00a0", " ")).toBe(text));
});
