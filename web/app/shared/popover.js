/**
 * Closes a `details` that stands above the page, as people expect of it: by Escape, and when the person goes on
 * elsewhere.
 *
 * @param {HTMLDetailsElement} details
 * @param {AbortSignal} signal
 */
export function closeByItself(details, signal) {
  /** @param {Event} event */
  const leave = ({ target }) => {
    if (!(target instanceof Node) || !details.contains(target)) details.open = false;
  };
  for (const name of ['pointerdown', 'focusin']) document.addEventListener(name, leave, { signal });
  details.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !details.open) return;
    event.preventDefault();
    event.stopPropagation();
    details.open = false;
    details.querySelector('summary')?.focus();
  });
}
