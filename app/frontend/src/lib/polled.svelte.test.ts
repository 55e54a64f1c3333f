import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "./api";
import { Polled } from "./polled.svelte";
import { session } from "./session.svelte";

vi.hoisted(() => vi.stubGlobal("localStorage", { getItem: () => "en" }));

const page = Object.assign(new EventTarget(), { hidden: false });
let answer: () => Promise<unknown>;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", page);
  page.hidden = false;
  vi.spyOn(session, "call")
    .mockReset()
    .mockImplementation(() => answer());
});

const asked = (): number => vi.mocked(session.call).mock.calls.length;

describe("Polled", () => {
  // If these failed, a graph would stand still, or pages that nobody sees would keep the API busy.
  it("asks at once and every so often, until it is told to stop", async () => {
    const polled = new Polled<number>(30);
    answer = () => Promise.resolve(asked());
    const stop = polled.watch("/api/x");
    await vi.advanceTimersByTimeAsync(60_000);
    expect([asked(), polled.value]).toEqual([3, 3]);
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toBe(3);
  });

  it("does not ask while nobody looks, and at once when somebody does", async () => {
    const polled = new Polled<number>(30);
    answer = () => Promise.resolve(1);
    page.hidden = true;
    const stop = polled.watch("/api/x");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toBe(0);
    page.hidden = false;
    page.dispatchEvent(new Event("visibilitychange"));
    expect(asked()).toBe(1);
    stop();
  });

  it("shows nothing old where there is no answer, and says why", async () => {
    const polled = new Polled<number>(30);
    answer = () => Promise.resolve(1);
    const stop = polled.watch("/api/x");
    await vi.advanceTimersByTimeAsync(0);
    answer = () => Promise.reject(new ApiError("metrics-unavailable", 503, 5));
    await vi.advanceTimersByTimeAsync(30_000);
    expect([polled.value, polled.asking.error?.code]).toEqual([null, "metrics-unavailable"]);
    stop();
  });

  it("takes no answer to a question that is no longer asked", async () => {
    const polled = new Polled<number>(30);
    const answers: ((value: number) => void)[] = [];
    answer = () => new Promise((done) => answers.push(done));
    polled.watch("/api/x?range=1h")();
    const stop = polled.watch("/api/x?range=6h");
    answers[1]?.(6);
    await vi.advanceTimersByTimeAsync(0);
    answers[0]?.(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(polled.value).toBe(6);
    stop();
  });
});
