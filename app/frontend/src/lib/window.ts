/** Which rows of a long list stand in its window: only these are drawn. */

export interface Window {
  /** The first row that is drawn. */
  first: number;
  /** The row after the last one. */
  end: number;
}

/** Rows drawn beyond the window on either side, so that scrolling by a page shows no gap. */
export const BEYOND = 20;

/** All in pixels but `count`. What is outside the list is taken as its nearest end. */
export function windowOf(scrolled: number, height: number, row: number, count: number): Window {
  const first = Math.floor(Math.max(0, scrolled) / row) - BEYOND;
  const end = Math.ceil((Math.max(0, scrolled) + height) / row) + BEYOND;
  return { first: Math.max(0, Math.min(first, count - 1)), end: Math.max(0, Math.min(end, count)) };
}

/** Where to scroll so that `row` of the list stands in the middle; null where it is in sight already. */
export function scrollTo(index: number, scrolled: number, height: number, row: number): number | null {
  const top = index * row;
  return top >= scrolled && top + row <= scrolled + height ? null : Math.max(0, top - (height - row) / 2);
}
