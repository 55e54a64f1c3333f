/** Times for people. */

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** "3 minutes ago" in the given language. */
export function timeAgo(iso: string, now: number, language: string): string {
  const elapsed = Math.max(0, (now - Date.parse(iso)) / 1000);
  const [unit, length] = UNITS.find(([, length]) => elapsed >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-Math.floor(elapsed / length), unit);
}

/** What a field for date and time holds, in the zone of this machine, as the API takes it; undefined for nothing. */
export function withZone(local: string): string | undefined {
  const time = new Date(local);
  return local === "" || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
