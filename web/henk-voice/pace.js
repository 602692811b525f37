/** How long a page may compute without answering the person who uses it, in milliseconds. */
const LONGEST_MS = 12;

/** Lets long work stop for a moment, so that the page stays alive. */
export class Pace {
  #since = performance.now();

  /** Whether it is time to let the page breathe: `if (pace.isDue) await pace.breathe();` */
  get isDue() {
    return performance.now() - this.#since > LONGEST_MS;
  }

  /** @returns {Promise<void>} */
  async breathe() {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#since = performance.now();
  }
}
