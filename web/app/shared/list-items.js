/**
 * Shows these items in a list. Those that look as before stay in place, with what has the focus or is read aloud there.
 * If the button that had the focus is drawn again, the same one of the new item gets it: with the same value, and the
 * same `data-act` if there is one.
 *
 * @param {HTMLElement} list
 * @param {readonly HTMLElement[]} items
 * @param {HTMLElement} otherwise gets the focus if the button that had it is gone
 */
export function showItems(list, items, otherwise) {
  const focused = document.activeElement;
  const before = focused instanceof HTMLElement && list.contains(focused) ? focused : null;
  /** @type {Map<string, Element[]>} */
  const shown = new Map();
  for (const item of list.children) {
    shown.set(item.outerHTML, [...(shown.get(item.outerHTML) ?? []), item]);
  }
  const wanted = items.map((item) => shown.get(item.outerHTML)?.shift() ?? item);
  const staying = new Set(wanted);
  for (const item of [...list.children]) if (!staying.has(item)) item.remove();
  for (const [at, item] of wanted.entries()) {
    const there = list.children[at] ?? null;
    if (there !== item) list.insertBefore(item, there);
  }
  if (before && document.activeElement !== before) focusLike(list, before, otherwise);
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} before
 * @param {HTMLElement} otherwise
 */
function focusLike(list, before, otherwise) {
  const value = valueOf(before);
  const alike = [...list.querySelectorAll(before.localName)].filter(
    (one) => one instanceof HTMLElement && valueOf(one) === value && !one.matches(':disabled'),
  );
  const same = alike.find(
    (one) => one instanceof HTMLElement && one.dataset.act === before.dataset.act,
  );
  const found = same ?? alike[0];
  (found instanceof HTMLElement ? found : otherwise).focus();
}

/** @param {HTMLElement} one */
function valueOf(one) {
  return one.getAttribute('value') ?? '';
}
