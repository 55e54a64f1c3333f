import { describe, expect, it } from "vitest";
import { type Service, shortImage, timeAgo, troubled } from "./services";

const service = (state: Service["state"]): Service => ({
  stack: "a",
  name: "b",
  image: "c",
  desired: 1,
  running: 1,
  state,
  updated_at: "2026-01-01T00:00:00Z",
});

describe("shortImage", () => {
  // If this failed, the image column would be filled with registries and digests.
  it.each([
    ["mariadb:11.8", "mariadb:11.8"],
    ["mariadb:11.8@sha256:0123", "mariadb:11.8"],
    ["registry.example:5000/skerry/console:1@sha256:0123", "skerry/console:1"],
    ["prom/mysqld-exporter:v0.17.2", "prom/mysqld-exporter:v0.17.2"],
  ])("%s", (image, expected) => expect(shortImage(image)).toBe(expected));
});

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

describe("troubled", () => {
  // If this failed, the summary would call a broken platform healthy, or a stopped service broken.
  it("counts what is degraded or down, not what was stopped on purpose", () =>
    expect(troubled([service("healthy"), service("degraded"), service("down"), service("stopped")])).toBe(2));
});
