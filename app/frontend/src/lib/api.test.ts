import { describe, expect, it } from "vitest";
import { withQuery } from "./api";

describe("withQuery", () => {
  // If this failed, a filter would be ignored, or refused as empty.
  it.each([
    [{}, "/api/x"],
    [{ a: "", b: null, c: undefined }, "/api/x"],
    [{ a: "1&2", b: "", c: "ä b" }, "/api/x?a=1%262&c=%C3%A4+b"],
  ])("%j", (params, path) => expect(withQuery("/api/x", params)).toBe(path));
});
