import { describe, expect, it } from "vitest";
import { duration, timeAgo, withZone } from "./time";

describe("timeAgo", () => {
  const start = "2026-01-01T00:00:00Z";
  const after = (seconds: number): number => Date.parse(start) + seconds * 1000;
  // If this failed, "since" would show another unit than a person expects, or a time to come.
  it.each([
    [5, "en", "5 seconds ago"],
    [150, "en", "2 minutes ago"],
    [7200, "de", "vor 2 Stunden"],
    [-30, "en", "now"],
  ])("%d s in %s", (seconds, language, expected) => expect(timeAgo(start, after(seconds), language)).toBe(expected));
});

describe("duration", () => {
  it.each([
    [0, "0 s"],
    [59, "59 s"],
    [125, "2 min 5 s"],
    [3725, "1 h 2 min"],
  ])("of %i s", (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe("withZone", () => {
  // If this failed, a filter by time would be refused by the API, or look at another hour.
  it("is the same moment, with a zone", () => {
    expect(Date.parse(withZone("2026-07-01T12:30") ?? "")).toBe(new Date(2026, 6, 1, 12, 30).getTime());
    expect(withZone("2026-07-01T12:30")).toMatch(/Z$/);
  });
  it("is nothing for nothing", () => {
    expect(withZone("")).toBeUndefined();
    expect(withZone("soon")).toBeUndefined();
  });
});
