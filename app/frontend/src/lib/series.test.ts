import { describe, expect, it } from "vitest";
import { amount, path, type SeriesAnswer, seriesPath, servicesOf, summary, valuesOf } from "./series";

const answer: SeriesAnswer = {
  range: "1h",
  series: [
    { name: "host-cpu", unit: "ratio", lines: [{ stack: null, service: null, values: [0.1, 0.2] }] },
    {
      name: "service-cpu",
      unit: "processors",
      lines: ["shop_web", "blog_web"].map((service, place) => ({ stack: "x", service, values: [place] })),
    },
  ],
};

describe("an answer", () => {
  // If these failed, one service's graph would stand in another's row.
  it("has the machine's values, and each service's", () => {
    expect([valuesOf(answer, "host-cpu"), valuesOf(answer, "service-cpu", "blog_web")]).toEqual([[0.1, 0.2], [1]]);
  });
  it("has nothing of what is not there", () => {
    expect([valuesOf(answer, "service-cpu", "gone_web"), valuesOf(null, "host-cpu"), valuesOf(answer, "x")]).toEqual([[], [], []]);
  });
  it("names the services once", () => expect(servicesOf(answer)).toEqual(["blog_web", "shop_web"]));
  it("is asked for by names and range", () => expect(seriesPath(["a", "b"], "6h")).toBe("/api/series?name=a&name=b&range=6h"));
});

describe("path", () => {
  // If these failed, a graph would show what was not measured, or leave its box.
  it("goes from the first to the last value, the highest at the top", () =>
    expect(path([0, 10, 5], 102, 32)).toBe("M1 31h0L51 1L101 16"));
  it("has gaps, and dots between them", () => expect(path([1, null, 1, null, null], 42, 12, 2)).toBe("M1 6h0M21 6h0"));
  it("is a line at the bottom where all is zero", () => expect(path([0, 0], 12, 12)).toBe("M1 11h0L11 11"));
  it("stays in the box where more comes than there can be", () => expect(path([1.5], 12, 12, 1)).toBe("M1 1h0"));
  it("is nothing for nothing", () => expect([path([], 12, 12), path([null], 12, 12)]).toEqual(["", ""]));
});

describe("summary", () => {
  // If this failed, who does not see the graph would hear other numbers than it shows.
  it("says now, least and most", () => expect(summary([3, null, 1, 2])).toEqual({ now: 2, least: 1, most: 3 }));
  it("does not take an old value for now", () => expect(summary([3, null])).toEqual({ now: null, least: 3, most: 3 }));
  it("is null where nothing was measured", () => expect(summary([null])).toBeNull());
});

describe("amount", () => {
  it.each([
    [0.256, "ratio", "en", "26%"],
    [0.00123, "ratio", "en", "0.12%"],
    [0.256, "ratio", "de", "26 %"],
    [1.5, "processors", "en", "150%"],
    [0.4567, "requests/s", "de", "0,46/s"],
    [1234, "requests/s", "en", "1,230/s"],
    [0.0351, "seconds", "en", "35 ms"],
    [2.5, "seconds", "de", "2,5 Sek."],
    [123_456_789, "bytes", "en", "123.5 MB"],
    [null, "bytes", "en", "–"],
  ] as const)("tells %j %s in %s as %s", (value, unit, language, told) =>
    expect(amount(value, unit, language).replaceAll("\u00a0", " ")).toBe(told),
  );
});
