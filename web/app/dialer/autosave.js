/** How long a key may wait for the database. In the browser's storage it is at once. */
const WAIT_MS = 5_000;

/** Saves some time after the first change, and not again for each key. */
export class Autosave {
  #save;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} save */
  constructor(save) {
    this.#save = save;
  }

  /** Something was changed. */
  touch() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#save();
    }, WAIT_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
