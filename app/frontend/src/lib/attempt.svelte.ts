/** Something that a person asked for: whether it is under way, and why it failed. */

import { ApiError } from "./api";
import { i18n } from "./i18n.svelte";

export class Attempt {
  working = $state(false);
  error = $state.raw<ApiError | null>(null);

  /** Why the last one failed, in the chosen language; empty where it did not. */
  get failure(): string {
    return this.error ? i18n.failure(this.error) : "";
  }

  /** Whether `action` succeeded. Only an ApiError is kept; everything else is a bug, and raised. */
  async run(action: () => Promise<unknown>): Promise<boolean> {
    this.working = true;
    this.error = null;
    try {
      await action();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.error = error;
      return false;
    } finally {
      this.working = false;
    }
  }
}
