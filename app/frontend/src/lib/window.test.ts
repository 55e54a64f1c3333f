import { describe, expect, it } from "vitest";
import { BEYOND, scrollTo, windowOf } from "./window";

describe("windowOf", () => {
  // If these failed, lines would be missing, or all hundred thousand drawn at once.
  it.each([
    [0, 400, 20, 100_000, 0, 20 + BEYOND],
    [1_000, 400, 20, 100_000, 50 - BEYOND, 70 + BEYOND],
    [1_999_600, 400, 20, 100_000, 99_980 - BEYOND, 100_000],
    [9_000_000, 400, 20, 100, 99, 100],
    [-50, 400, 20, 100, 0, 20 + BEYOND],
    [0, 400, 20, 3, 0, 3],
    [0, 400, 20, 0, 0, 0],
  ])("scrolled %i, height %i, row %i, %i rows", (scrolled, height, row, count, first, end) =>
    expect(windowOf(scrolled, height, row, count)).toEqual({ first, end }),
  );
});

describe("scrollTo", () => {
  it("goes nowhere for what is in sight, and puts the rest into the middle", () => {
    expect(scrollTo(10, 0, 400, 20)).toBeNull();
    expect(scrollTo(20, 0, 400, 20)).toBe(210);
    expect(scrollTo(0, 1_000, 400, 20)).toBe(0);
  });
});
