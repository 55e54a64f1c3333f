import { describe, expect, it } from "vitest";
import { constraints, fits, initial, type Job, lasted, merged, mismatched, type Parameter, type Runner, typed, unreachable } from "./jobs";

const job = (id: string, last: number, minute: number, state: Job["state"] = "running"): Job => ({
  id,
  name: "run-backup",
  parameters: {},
  by: { user: "ann", role: "operator" },
  why: "",
  state,
  detail: {},
  requested_at: `2026-01-01T00:${String(minute).padStart(2, "0")}:00+00:00`,
  started_at: null,
  finished_at: null,
  play: "",
  task: "",
  cancel_asked: false,
  last,
  revision: 1,
});

const parameter = (changes: Partial<Parameter>): Parameter => ({
  title: "App",
  type: "string",
  pattern: null,
  choices: null,
  minimum: null,
  maximum: null,
  required: false,
  default: null,
  ...changes,
});

describe("merged", () => {
  // If this failed, a finished job would seem to run, or the other way round.
  it("keeps of each job the version with more events, or the higher revision, the newest job first", () => {
    const asked = { ...job("d", 2, 0), revision: 2, cancel_asked: true };
    const known = [job("a", 5, 1, "succeeded"), job("b", 2, 2), asked];
    const news = [job("c", 0, 3), job("a", 3, 1), { ...job("b", 2, 2), revision: 2, cancel_asked: true }, job("d", 2, 0)];
    expect(merged(known, news).map(({ id, state, cancel_asked }) => [id, state, cancel_asked])).toEqual([
      ["c", "running", false],
      ["b", "running", true],
      ["a", "succeeded", false],
      ["d", "running", true],
    ]);
  });
});

describe("unreachable", () => {
  const runner: Runner = { connected: false, reachable: true, host: "vps", seen_at: "2026-01-01T00:00:00Z" };
  const seen = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    [{}, 20_000, false],
    [{}, 31_000, true],
    [{ connected: true }, 31_000, false],
    [{ seen_at: null }, 0, true],
  ])("%j after %i ms: %s", (changes, later, expected) =>
    expect(unreachable({ ...runner, ...changes }, seen + later)).toBe(expected),
  );
});

describe("lasted", () => {
  it("counts from the start to the end, or until now", () => {
    const now = Date.parse("2026-01-01T01:00:00Z");
    const begun = { ...job("a", 1, 0), started_at: "2026-01-01T00:59:00Z" };
    expect(lasted(job("a", 1, 0), now)).toBeNull();
    expect(lasted(begun, now)).toBe(60);
    expect(lasted({ ...begun, finished_at: "2026-01-01T00:59:07Z" }, now)).toBe(7);
  });
});

describe("the form of a job", () => {
  const parameters = {
    app: parameter({ pattern: "[a-z]+", required: true }),
    keep: parameter({ type: "integer", minimum: 1, maximum: 9, default: 3 }),
    from: parameter({ type: "choice", choices: ["local", "offsite"], required: true }),
    as: parameter({ type: "choice", choices: ["look"] }),
  };
  // If these failed, a job would be started with other values than those that were entered.
  it("begins with the defaults", () =>
    expect(initial(parameters)).toEqual({ app: "", keep: "3", from: "local", as: "" }));
  it("sends numbers as numbers, and nothing for what is empty", () =>
    expect(typed(parameters, { app: " console ", keep: "4", from: "local", as: "" })).toEqual({ app: "console", keep: 4, from: "local" }));
  it.each([
    ["[a-z][a-z0-9-]{0,40}", "off-site", false],
    ["[a-z][a-z0-9-]{0,40}", " offsite ", false],
    ["[a-z]+", "offsite1", true],
    ["a|b", "ab", true],
    ["[a-z]+", "", false],
    ["(?P<name>x)", "y", false],
  ])("of pattern %s and %j: refused %s", (pattern, text, expected) => expect(mismatched(parameter({ pattern }), text)).toBe(expected));
  // If this failed, a button would open a form whose values are refused.
  it("fits where each value is of a parameter, and of its form", () => {
    const given = [{}, { app: "shop" }, { app: "Shop" }, { other: "shop" }];
    expect(given.map((values) => fits(parameters, values as Record<string, string>))).toEqual([true, true, false, false]);
  });
  it("says what it accepts", () => {
    expect(constraints(parameters.app)).toMatchObject({ type: "text", title: "[a-z]+", required: true });
    expect(constraints(parameters.keep)).toMatchObject({ type: "number", min: 1, max: 9, required: false });
  });
});
