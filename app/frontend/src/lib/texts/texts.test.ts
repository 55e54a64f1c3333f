import { describe, expect, it } from "vitest";
import { de } from "./de";
import { en, type Key } from "./en";

const blanks = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

describe("texts", () => {
  // If this failed, a German sentence would lack a name or a number, or show {this}.
  it.each(Object.keys(en) as Key[])("%s has the same blanks in both languages", (key) =>
    expect(blanks(de[key])).toEqual(blanks(en[key])),
  );
});
