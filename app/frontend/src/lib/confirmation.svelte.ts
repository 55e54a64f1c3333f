/** That it is really the user who is there: asked once, however many calls wait for the answer. */

export class Confirmation {
  /** Whether the question is to be shown. */
  asked = $state(false);
  #waiting: Promise<boolean> | null = null;
  #answer: (confirmed: boolean) => void = () => undefined;

  /** Whether the user has confirmed; false where they would rather not, or the session is over. */
  ask(): Promise<boolean> {
    this.#waiting ??= new Promise((resolve) => (this.#answer = resolve));
    this.asked = true;
    return this.#waiting;
  }

  settle(confirmed: boolean): void {
    this.asked = false;
    this.#waiting = null;
    this.#answer(confirmed);
  }
}
