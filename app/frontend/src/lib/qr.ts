/** QR codes as the path of an SVG. */

import { encode } from "uqr";

export interface Drawing {
  /** Width and height, in modules, with the quiet zone around. */
  size: number;
  path: string;
}

const QUIET = 4; // modules, as the standard has it

/** Draw each run of dark modules of a row as one rectangle. */
export function drawn(text: string): Drawing {
  const { data, size } = encode(text, { border: QUIET });
  const runs = data.flatMap((row, y) =>
    [...row.map((dark) => (dark ? "#" : " ")).join("").matchAll(/#+/g)].map(
      ({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`,
    ),
  );
  return { size, path: runs.join("") };
}
