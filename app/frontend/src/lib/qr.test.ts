import { describe, expect, it } from "vitest";
import { encode } from "uqr";
import { drawn } from "./qr";

const URI = "otpauth://totp/Skerry:admin?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Skerry";

/** What a scanner sees of the path. */
function modules(path: string, size: number): boolean[][] {
  const seen = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    seen[Number(y)]?.fill(true, Number(x), Number(x) + Number(length));
  }
  return seen;
}

describe("drawn", () => {
  const drawing = drawn(URI);
  // If this failed, no app could scan the second factor.
  it("has the modules of the code, and nothing else", () => {
    expect(modules(drawing.path, drawing.size)).toEqual(encode(URI, { border: 4 }).data);
    expect(drawing.path.replace(/M\d+ \d+h(\d+)v1h-\1z/g, "")).toBe("");
  });
  it("leaves a quiet zone", () => {
    const seen = modules(drawing.path, drawing.size);
    expect(seen.slice(0, 4).flat()).not.toContain(true);
    expect(seen.map((row) => row.slice(-4)).flat()).not.toContain(true);
    expect(seen[4]?.slice(4, 11)).toEqual(Array(7).fill(true));
  });
});
