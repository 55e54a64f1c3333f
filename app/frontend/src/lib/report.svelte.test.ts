import { beforeEach, describe, expect, it, vi } from "vitest";
import { Report } from "./report.svelte";
import { session } from "./session.svelte";

interface Told {
  rows: number[];
  next: string | null;
  reported_at: string | null;
}

/** The API, whose answers come when the test says so. */
let answers: ((told: Told) => void)[];

beforeEach(() => {
  answers = [];
  vi.spyOn(session, "call").mockImplementation(() => new Promise((answer) => answers.push(answer as (typeof answers)[number])));
});

const made = (): Report<Told, number> => new Report<Told, number>("/api/x", (told) => told.rows);
const told = (rows: number[], next: string | null = null): Told => ({ rows, next, reported_at: null });
const rows = (first: number, count: number): number[] => Array.from({ length: count }, (_, place) => first - place);

describe("Report", () => {
  // If these failed, a deploy or a backup would be missing from its page, or be there twice.
  it("goes on where the page before ended", async () => {
    const report = made();
    const loading = report.load({ stack: "shop" });
    answers[0]?.(told([3, 2], "c2"));
    await loading;
    const more = report.more();
    answers[1]?.(told([1]));
    await more;
    expect(session.call).toHaveBeenLastCalledWith("GET", "/api/x?stack=shop&before=c2");
    expect([report.entries, report.next]).toEqual([[3, 2, 1], null]);
  });

  it("takes no answer to a question that is no longer asked", async () => {
    const report = made();
    const first = report.load({ stack: "" });
    const second = report.load({ stack: "shop" });
    answers[1]?.(told([2]));
    answers[0]?.(told([9, 8]));
    await Promise.all([first, second]);
    expect(report.entries).toEqual([2]);
  });

  it("keeps what a person asked for when there is news, and begins anew with another filter", async () => {
    const report = made();
    let step = report.load();
    answers[0]?.(told(rows(100, 50), "c"));
    await step;
    step = report.more();
    answers[1]?.(told(rows(50, 30)));
    await step;
    step = report.load();
    expect(session.call).toHaveBeenLastCalledWith("GET", "/api/x?limit=80");
    answers[2]?.(told(rows(101, 80)));
    await step;
    expect(report.entries.length).toBe(80);
    void report.load({ stack: "shop" });
    expect(session.call).toHaveBeenLastCalledWith("GET", "/api/x?stack=shop&limit=50");
  });
});
