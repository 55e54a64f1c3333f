/** Who is signed in. The access token lives in memory only; the refresh cookie is out of a script's reach. */

import { type Access, ApiError, request, type User } from "./api";
import { Confirmation } from "./confirmation.svelte";

const RENEW_BEFORE_MS = 90_000;
/** The user's rights have changed, or time has passed: a refresh gives a token that is good again. */
const OUTDATED = new Set(["token-stale", "token-expired"]);
/** The sign-in was too long ago for what is asked for. */
const UNCONFIRMED = "confirm-identity";

class Session {
  /** undefined until it is known whether an earlier session goes on. */
  user = $state<User | null | undefined>(undefined);
  readonly confirmation = new Confirmation();
  #token = "";
  #expires = 0;
  #renewal: Promise<void> | null = null;

  /** Goes on with the session of the refresh cookie, if there is one. */
  async resume(): Promise<void> {
    try {
      await this.#renew();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.user = null;
    }
  }

  /** `code` is the second factor's, once `code-required` has asked for it. Raises ApiError. */
  async signIn(name: string, password: string, code?: string): Promise<void> {
    this.#accept((await request("POST", "/api/auth/sign-in", { body: { name, password, code } })) as Access);
  }

  /** Ends the session here even when the API does not answer. */
  async signOut(): Promise<void> {
    try {
      await this.call("POST", "/api/auth/sign-out");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this.over();
    }
  }

  /** The session has ended: this page forgets it. */
  over(): void {
    this.#token = "";
    this.user = null;
    this.confirmation.settle(false);
  }

  may(permission: string): boolean {
    return this.user?.permissions.includes(permission) ?? false;
  }

  /** Proves once more that it is the user, and lets go on what waits for that. `code`: as in `signIn`. Raises ApiError. */
  async confirm(password: string, code?: string): Promise<void> {
    await this.#call("POST", "/api/auth/confirm", { password, code });
    this.confirmation.settle(true);
  }

  /** A request in the user's name; once more after they have confirmed that it is them, where the API wants that. `key`: as in `request`. Raises ApiError. */
  async call(method: string, path: string, body?: unknown, key?: string): Promise<unknown> {
    try {
      return await this.#call(method, path, body, key);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== UNCONFIRMED || !(await this.confirmation.ask())) throw error;
      return this.#call(method, path, body, key);
    }
  }

  /** Once more with a fresh token where theirs has become too old. */
  async #call(method: string, path: string, body?: unknown, key?: string): Promise<unknown> {
    try {
      return await request(method, path, { body, key, token: await this.token() });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      if (!OUTDATED.has(error.code)) {
        this.over();
        throw error;
      }
      this.discard();
      return request(method, path, { body, key, token: await this.token() });
    }
  }

  /** The token counts no longer: the next one comes from a refresh, or there is none and the session is over. */
  discard(): void {
    this.#token = "";
  }

  /** A token that is still valid for a while. Raises ApiError; a session that has ended signs out. */
  async token(): Promise<string> {
    if (!this.#token || Date.now() > this.#expires - RENEW_BEFORE_MS) {
      this.#renewal ??= this.#renew().finally(() => (this.#renewal = null));
      try {
        await this.#renewal;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) this.over();
        throw error;
      }
    }
    return this.#token;
  }

  async #renew(): Promise<void> {
    this.#accept((await request("POST", "/api/auth/refresh")) as Access);
  }

  #accept(access: Access): void {
    this.#token = access.access_token;
    this.#expires = Date.now() + access.expires_in * 1000;
    this.user = access.user;
  }
}

export const session = new Session();
