import { describe, expect, it } from "vitest";
import { itemOf, pageOf, pagesFor } from "./routes";

const VIEWER = ["alerts:read", "backups:read", "deploys:read", "jobs:read", "own", "services:read"];
const ADMIN = [...VIEWER, "alerts:acknowledge", "users:read", "users:write", "audit:read"];

describe("pageOf", () => {
  // If this failed, a link would lead elsewhere, or a viewer to a page on which everything is refused.
  it.each([
    ["", ADMIN, "overview"],
    ["#/", ADMIN, "overview"],
    ["#/alerts", VIEWER, "alerts"],
    ["#/users", ADMIN, "users"],
    ["#/users", VIEWER, "overview"],
    ["#/deploys", VIEWER, "deploys"],
    ["#/backups", ["own"], "profile"], // an API of before these pages
    ["#/jobs/3f2a", VIEWER, "jobs"],
    ["#/jobs", ["own"], "profile"],
    ["jobs", VIEWER, "overview"],
    ["#/constructor", ADMIN, "overview"],
    ["#/profile", ["own"], "profile"],
    ["#/profile", [], undefined],
  ])("%s", (hash, permissions, page) => expect(pageOf(hash, permissions)).toBe(page));
});

describe("itemOf", () => {
  it.each([
    ["#/jobs/3f2a", "3f2a"],
    ["#/jobs/", ""],
    ["#/jobs", ""],
    ["", ""],
  ])("%s is %j", (hash, item) => expect(itemOf(hash)).toBe(item));
});

describe("pagesFor", () => {
  // If this failed, a viewer would see links to what they may not see.
  it("has only what may be seen", () => {
    expect(pagesFor(VIEWER)).toEqual(["overview", "services", "deploys", "backups", "alerts", "jobs", "profile"]);
    expect(pagesFor(ADMIN)).toEqual(["overview", "services", "deploys", "backups", "alerts", "jobs", "users", "audit", "profile"]);
  });
});
