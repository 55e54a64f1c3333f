import { describe, expect, it } from "vitest";
import { Search } from "./search";

const LINES = ["TASK [docker]", "\x1b[32mok: [ho\x1b[0mst]", "task [redis]", "ok"];

describe("Search", () => {
  // If these failed, a person would look for the error in a hundred thousand lines by eye.
  it("finds whatever its case and colour", () => {
    const search = new Search();
    search.begin("Task");
    search.extend(LINES);
    expect(search.found).toEqual([0, 2]);
    search.begin("[host]");
    search.extend(LINES);
    expect(search.found).toEqual([1]);
  });

  it("looks through what has come since, once", () => {
    const search = new Search();
    search.begin("ok");
    search.extend(LINES.slice(0, 2));
    search.extend(LINES);
    search.extend(LINES);
    expect(search.found).toEqual([1, 3]);
  });

  it("begins anew where the lines are others", () => {
    const search = new Search();
    search.begin("ok");
    search.extend(LINES);
    search.extend(["ok"]);
    expect(search.found).toEqual([0]);
  });

  it("goes round in either direction", () => {
    const search = new Search();
    search.begin("task");
    search.extend(LINES);
    expect([search.next(null, 1), search.next(0, 1), search.next(2, 1)]).toEqual([0, 2, 0]);
    expect([search.next(null, -1), search.next(2, -1), search.next(0, -1)]).toEqual([2, 0, 2]);
    search.begin("");
    search.extend(LINES);
    expect(search.next(null, 1)).toBeNull();
  });
});
