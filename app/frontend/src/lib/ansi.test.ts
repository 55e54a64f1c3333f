import { describe, expect, it } from "vitest";
import { pieces, plain } from "./ansi";

const E = "\x1b[";

describe("pieces", () => {
  // If these failed, output would be the wrong colour, or show what was meant for a terminal.
  it.each([
    ["plain", [["plain", ""]]],
    ["", []],
    [`${E}0;32mok: [host]${E}0m done`, [["ok: [host]", "green"], [" done", ""]]],
    [`${E}1;31mfatal${E}22m still red${E}39m not`, [["fatal", "red bold"], [" still red", "red"], [" not", ""]]],
    [`${E}1;4;7ma${E}0mb`, [["a", "bold underlined inverse"], ["b", ""]]],
    [`${E}33;44ma${E}49mb${E}mc`, [["a", "yellow on-blue"], ["b", "yellow"], ["c", ""]]],
    [`${E}91ma${E}100mb`, [["a", "red"], ["b", "red on-black"]]],
    [`${E}38;5;2ma${E}38;2;9;9;9mb${E}48;5;200;1mc`, [["a", "green"], ["b", ""], ["c", "bold"]]],
    [`${E}38:5:4ma`, [["a", "blue"]]],
    [`${E}2K${E}1Aa${E}?25lb`, [["a", ""], ["b", ""]]],
    ["\x1b]0;title\x07a\x1b]8;;https://x\x1b\\b", [["a", ""], ["b", ""]]],
    ["a\x08b\r", [["a", ""], ["b", ""]]],
    [`cut off ${E}3`, [["cut off ", ""], ["3", ""]]],
    ["<b>\tä</b>", [["<b>\tä</b>", ""]]],
  ] as [string, [string, string][]][])("%j", (line, expected) =>
    expect(pieces(line).map(({ text, look }) => [text, look])).toEqual(expected),
  );

  it("together are the plain text", () => {
    const line = `a${E}1mb\x1b]0;x\x07c${E}K\r`;
    expect(pieces(line).map((piece) => piece.text).join("")).toBe(plain(line));
    expect(plain(line)).toBe("abc");
  });
});
