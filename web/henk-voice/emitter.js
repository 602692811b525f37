/**
 * An EventTarget that knows the names of its events and what they carry in `detail`.
 *
 * @template {Record<string, any>} Events what each event carries, by its name
 */
export class Emitter extends EventTarget {
  /**
   * Calls `listener` with what each event of that name carries.
   *
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {(detail: Events[Name]) => void} listener
   * @returns {() => void} ends it
   */
  on(name, listener) {
    /** @param {Event} event */
    const handle = (event) => listener(/** @type {CustomEvent<Events[Name]>} */ (event).detail);
    this.addEventListener(name, handle);
    return () => this.removeEventListener(name, handle);
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
