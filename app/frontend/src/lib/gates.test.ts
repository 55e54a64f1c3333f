import { afterEach, describe, expect, it, vi } from "vitest";
import { entrance, wayOf } from "./gates";
import { session } from "./session.svelte";

afterEach(() => vi.restoreAllMocks());

describe("wayOf", () => {
  // If this failed, whoever comes from Grafana would land on the overview, or elsewhere than they asked for.
  it("reads what the door has written", () => {
    expect(wayOf("#/gate/grafana/s-1/%2Fd%2Foverview%3Ffrom%3Dnow-6h")).toEqual({
      gate: "grafana",
      state: "s-1",
      to: "/d/overview?from=now-6h",
    });
  });

  it.each(["", "#/", "#/overview", "#/gate", "#/gate/grafana", "#/gate/grafana/", "#/gate/grafana/s/%"])("%s is none", (hash) =>
    expect(wayOf(hash)).toBeUndefined(),
  );
});

describe("entrance", () => {
  // If this failed, the code would be for another gate, or for another browser.
  it("asks for a code for this way", async () => {
    const call = vi.spyOn(session, "call").mockResolvedValue({ url: "https://grafana.test/.skerry/enter?code=x" });
    expect(await entrance({ gate: "a/b", state: "s", to: "/d" })).toBe("https://grafana.test/.skerry/enter?code=x");
    expect(call).toHaveBeenCalledWith("POST", "/api/gates/a%2Fb/codes", { state: "s", to: "/d" });
  });
});
