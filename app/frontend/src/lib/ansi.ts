/** Terminal colours: a line of output as pieces of text with the names of their looks, and nothing that is no text. */

export interface Piece {
  text: string;
  /** For a class attribute: `red`, `on-blue`, `bold`, in this order; empty for plain text. */
  look: string;
}

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const WEIGHTS: Record<number, string> = { 1: "bold", 2: "dim", 3: "italic", 4: "underlined", 7: "inverse" };
/** What ends each weight; 22 ends both of the first. */
const ENDS: Record<number, string[]> = { 22: ["bold", "dim"], 23: ["italic"], 24: ["underlined"], 27: ["inverse"] };

// ECMA-48: control sequences, those with a string (window titles, links), and short ones; then control characters.
const ESCAPES =
  // eslint-disable-next-line no-control-regex
  /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f]/g;

interface Look {
  colour: string;
  ground: string;
  weights: Set<string>;
}

/** The line's text alone, as it is searched. */
export function plain(line: string): string {
  return line.includes("\x1b") || line.includes("\r") ? line.replace(ESCAPES, "") : line;
}

/** The line in pieces; looks do not last beyond it. */
export function pieces(line: string): Piece[] {
  const found: Piece[] = [];
  const look: Look = { colour: "", ground: "", weights: new Set() };
  let begin = 0;
  const keep = (end: number): void => {
    if (end > begin) found.push({ text: line.slice(begin, end), look: [look.colour, look.ground, ...look.weights].filter(Boolean).join(" ") });
  };
  for (const escape of line.matchAll(ESCAPES)) {
    keep(escape.index);
    begin = escape.index + escape[0].length;
    if (escape[2] === "m") apply(look, (escape[1] ?? "").split(/[;:]/).map(Number));
  }
  keep(line.length);
  return found;
}

function apply(look: Look, codes: number[]): void {
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      // One of 256 (5;n) or any (2;r;g;b): of these only the 16 that have a name, for the theme chooses the shades.
      const named = codes[at + 1] === 5 ? colour(codes[at + 2] ?? 0) : "";
      if (code === 38) look.colour = named;
      else look.ground = named && `on-${named}`;
      at += codes[at + 1] === 5 ? 2 : 4;
    } else if (code === 0) {
      look.colour = look.ground = "";
      look.weights.clear();
    } else if (code === 39) look.colour = "";
    else if (code === 49) look.ground = "";
    else if (WEIGHTS[code]) look.weights.add(WEIGHTS[code]);
    else if (ENDS[code]) ENDS[code].forEach((weight) => look.weights.delete(weight));
    else if (in8(code, 30)) look.colour = colour(code - 30);
    else if (in8(code, 90)) look.colour = colour(code - 82);
    else if (in8(code, 40)) look.ground = `on-${colour(code - 40)}`;
    else if (in8(code, 100)) look.ground = `on-${colour(code - 92)}`;
  }
}

function in8(code: number, first: number): boolean {
  return code >= first && code < first + 8;
}

/** The name of one of the first 16; the bright ones are shown as the others. */
function colour(number: number): string {
  return number < 16 ? (COLOURS[number % 8] ?? "") : "";
}
