/** What Prometheus has measured, as the API shows it, and how a small graph of it is drawn and told. */

import { size } from "./backups";

export const RANGES = ["1h", "6h", "24h"] as const;
export type Range = (typeof RANGES)[number];
export type Unit = "ratio" | "requests/s" | "seconds" | "processors" | "bytes";

/** `values`: null where nothing was measured; the newest comes last. */
export interface Line {
  stack: string | null;
  service: string | null;
  values: (number | null)[];
}

export interface Series {
  name: string;
  unit: Unit;
  lines: Line[];
}

export interface SeriesAnswer {
  range: Range;
  series: Series[];
}

/** The address of some series over a range. */
export function seriesPath(names: readonly string[], range: Range): string {
  return `/api/series?${new URLSearchParams([...names.map((name) => ["name", name]), ["range", range]])}`;
}

/** What one series has of a service, or of none, as those of the machine. */
export function valuesOf(answer: SeriesAnswer | null, name: string, service: string | null = null): Line["values"] {
  const lines = answer?.series.find((series) => series.name === name)?.lines ?? [];
  return lines.find((line) => line.service === service)?.values ?? [];
}

/** The services of which one of the series knows, in the order of their names. */
export function servicesOf(answer: SeriesAnswer | null): string[] {
  const lines = answer?.series.flatMap((series) => series.lines) ?? [];
  return [...new Set(lines.flatMap((line) => line.service ?? []))].sort();
}

const SPACE = 1; // so that a line at the edge keeps its whole width

/**
 * The path of a line through `values`, from 0 at the bottom to `top`, or to the highest of them, in a box of this size.
 * Where nothing was measured it has a gap; a value between two gaps is a dot.
 */
export function path(values: Line["values"], width: number, height: number, top?: number): string {
  const highest = top ?? Math.max(0, ...values.map((value) => value ?? 0));
  const across = (width - 2 * SPACE) / Math.max(1, values.length - 1);
  const up = (height - 2 * SPACE) / (highest || 1);
  let drawn = "";
  values.forEach((value, place) => {
    if (value === null) return;
    const at = `${round(SPACE + place * across)} ${round(height - SPACE - Math.min(value, highest || 1) * up)}`;
    drawn += typeof values[place - 1] === "number" ? `L${at}` : `M${at}h0`;
  });
  return drawn;
}

/** What a line says in numbers: `now` is null where the last moment was not measured; null for no line at all. */
export function summary(values: Line["values"]): { now: number | null; least: number; most: number } | null {
  const measured = values.filter((value) => value !== null);
  if (measured.length === 0) return null;
  return { now: values.at(-1) ?? null, least: Math.min(...measured), most: Math.max(...measured) };
}

/** A value for people, in the given language: "12 %", "0.4/s", "35 ms", "120 MB". Processors are told in parts of one. */
export function amount(value: number | null, unit: Unit, language: string): string {
  if (value === null) return "–";
  if (unit === "bytes") return size(value, language);
  const digits = { maximumSignificantDigits: Math.abs(value) >= 1 ? 3 : 2 };
  if (unit === "requests/s") return `${new Intl.NumberFormat(language, digits).format(value)}/s`;
  if (unit !== "seconds") return new Intl.NumberFormat(language, { ...digits, style: "percent" }).format(value);
  const short = value < 1;
  const format = { ...digits, style: "unit", unit: short ? "millisecond" : "second", unitDisplay: "short" } as const;
  return new Intl.NumberFormat(language, format).format(short ? value * 1000 : value);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
