import { describe, expect, it } from "vitest";
import { pageOf, pagesFor } from "./routes";

const VIEWER = ["alerts:read", "own", "services:read"];
const ADMIN = [...VIEWER, "alerts:acknowledge", "users:read", "users:write", "audit:read"];

describe("pageOf", () => {
  // If this failed, a link would lead elsewhere, or a viewer to a page on which everything is refused.
  it.each([
    ["", ADMIN, "services"],
    ["#/", ADMIN, "services"],
    ["#/alerts", VIEWER, "alerts"],
    ["#/users", ADMIN, "users"],
    ["#/users", VIEWER, "services"],
    ["#/constructor", ADMIN, "services"],
    ["#/profile", ["own"], "profile"],
    ["#/profile", [], undefined],
  ])("%s", (hash, permissions, page) => expect(pageOf(hash, permissions)).toBe(page));
});

describe("pagesFor", () => {
  // If this failed, a viewer would see links to what they may not see.
  it("has only what may be seen", () => {
    expect(pagesFor(VIEWER)).toEqual(["services", "alerts", "profile"]);
    expect(pagesFor(ADMIN)).toEqual(["services", "alerts", "users", "audit", "profile"]);
  });
});
