/** Sites of the platform that are entered by the console's sign-in. */

import { session } from "./session.svelte";

export interface Site {
  name: string;
  url: string;
}

/** What a site's door has sent a browser to the console with: `state` ties the way back to that browser. */
export interface Way {
  gate: string;
  state: string;
  to: string;
}

/** The way that the address names, as in `#/gate/grafana/<state>/%2Fd%2Foverview`. */
export function wayOf(hash: string): Way | undefined {
  const [, word, gate, state, to] = hash.split("/");
  if (word !== "gate" || !gate || !state) return undefined;
  try {
    return { gate: decodeURIComponent(gate), state, to: decodeURIComponent(to ?? "") || "/" };
  } catch {
    return undefined; // not an address that a door has made
  }
}

/** The sites that the user may enter. Raises ApiError. */
export async function sites(): Promise<Site[]> {
  return ((await session.call("GET", "/api/gates")) as { gates: Site[] }).gates;
}

/** The address by which this browser enters, once and soon. Raises ApiError. */
export async function entrance({ gate, state, to }: Way): Promise<string> {
  const answer = await session.call("POST", `/api/gates/${encodeURIComponent(gate)}/codes`, { state, to });
  return (answer as { url: string }).url;
}
