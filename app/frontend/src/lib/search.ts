/** Finds a text in lines that still become more. */

import { plain } from "./ansi";

export class Search {
  /** The indices of the lines that have it, ascending. */
  found: number[] = [];
  #wanted = "";
  #looked = 0;

  /** Look for `wanted`, whatever its case, from the first line on; empty finds nothing. */
  begin(wanted: string): void {
    this.#wanted = wanted.toLowerCase();
    this.#looked = 0;
    this.found = [];
  }

  /** Look through the lines that have come since. */
  extend(lines: readonly string[]): void {
    if (this.#looked > lines.length) this.begin(this.#wanted); // they are others
    if (this.#wanted) {
      for (let index = this.#looked; index < lines.length; index += 1) {
        if (plain(lines[index] ?? "").toLowerCase().includes(this.#wanted)) this.found.push(index);
      }
    }
    this.#looked = lines.length;
  }

  /** Which of those found to go to from `current` (none: null), in a circle; null where nothing is found. */
  next(current: number | null, step: 1 | -1): number | null {
    if (this.found.length === 0) return null;
    if (step > 0) return this.found.find((index) => index > (current ?? -1)) ?? this.found[0] ?? null;
    return this.found.findLast((index) => index < (current ?? Infinity)) ?? this.found.at(-1) ?? null;
  }
}
