/**
 * An EventTarget with typed events: each event has a name, and carries a value in `detail`.
 *
 * @template {Record<string, any>} Events the type of `detail` for each name
 */
export class Emitter extends EventTarget {
  /**
   * Calls `listener` with the `detail` of each event of that name.
   *
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {(detail: Events[Name]) => void} listener
   * @param {{ signal?: AbortSignal }} [options] `signal` removes the listener when it is aborted
   * @returns {() => void} removes the listener
   */
  on(name, listener, { signal } = {}) {
    /** @param {Event} event */
    const handle = (event) => listener(/** @type {CustomEvent<Events[Name]>} */ (event).detail);
    this.addEventListener(name, handle, signal ? { signal } : {});
    return () => this.removeEventListener(name, handle);
  }

  /**
   * Emits these events of another one, too.
   *
   * @protected
   * @param {Emitter<any>} source
   * @param {readonly (keyof Events & string)[]} names
   */
  pass(source, names) {
    for (const name of names) source.on(name, (detail) => this.emit(name, detail));
  }

  /**
   * @protected
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {Events[Name]} detail
   */
  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
