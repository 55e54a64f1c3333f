import { describe, expect, it } from "vitest";
import { type Service, shortImage, troubledServices } from "./services";

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

describe("troubled", () => {
  // If this failed, the summary would call a broken platform healthy, or a stopped service broken.
  it("finds what is degraded or down, not what was stopped on purpose", () =>
    expect(troubledServices([service("healthy"), service("degraded"), service("down"), service("stopped")]).map(({ state }) => state)).toEqual([
      "degraded",
      "down",
    ]));
});
