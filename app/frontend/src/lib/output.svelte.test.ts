import { describe, expect, it } from "vitest";
import { Output, type OutputEvent } from "./output.svelte";

const line = (n: number): OutputEvent => ({ n, kind: "line", text: `line ${n}` });

describe("Output", () => {
  // If these failed, a page would be busy drawing instead of scrolling, or show the wrong state.
  it("draws once for all that came in a moment", () => {
    const moments: (() => void)[] = [];
    const output = new Output((draw) => moments.push(draw));
    output.events([line(1), line(2)], 1);
    output.events([line(3)], 3);
    expect([moments.length, output.count]).toEqual([1, 0]);
    moments[0]?.();
    expect([output.count, output.cut]).toEqual([3, false]);
  });

  it("knows state and task by the newest event, and skips what it does not know", () => {
    const output = new Output((draw) => draw());
    output.events([{ n: 1, kind: "state", state: "running" }, { n: 2, kind: "task", play: "site", task: "Copy" }, { n: 3, kind: "other" }], 1);
    expect([output.state?.state, output.play, output.task, output.count]).toEqual(["running", "site", "Copy", 0]);
    output.events([{ n: 4, kind: "state", state: "refused", detail: { reason: "no such job" } }], 4);
    expect(output.state).toEqual({ state: "refused", detail: { reason: "no such job" }, n: 4 });
  });

  it("says so where the beginning is missing, and begins anew when told", () => {
    const output = new Output((draw) => draw());
    output.events([line(9)], 9);
    expect(output.cut).toBe(true);
    output.reset();
    output.events([line(1)], 1);
    expect([output.cut, output.lines]).toEqual([false, ["line 1"]]);
    output.show(["kept"], true);
    expect([output.cut, output.count]).toEqual([true, 1]);
  });
});
