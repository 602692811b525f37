/**
 * Makes buttons with `role="tab"` show one panel each. `aria-controls` of a button names its panel.
 * https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ has the keys.
 *
 * @param {HTMLElement} list with `role="tablist"`
 * @returns {{ choose: (tab: HTMLElement) => void }}
 */
export function setUpTabs(list) {
  const tabs = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role="tab"]')]);

  /** @param {HTMLElement} chosen */
  function choose(chosen) {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute('aria-selected', String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute('aria-controls') ?? '');
      if (panel) panel.hidden = !isChosen;
    }
  }

  list.addEventListener('click', ({ target }) => {
    const tab = target instanceof Element && target.closest('[role="tab"]');
    if (tab instanceof HTMLElement) choose(tab);
  });
  list.addEventListener('keydown', (event) => {
    const at = tabs.findIndex((tab) => tab === document.activeElement);
    const places = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    const place = places[/** @type {keyof typeof places} */ (event.key)];
    const tab = tabs[((place ?? -1) + tabs.length) % tabs.length];
    if (place === undefined || !tab) return;
    event.preventDefault();
    choose(tab);
    tab.focus();
  });
  if (tabs[0]) choose(tabs[0]);
  return { choose };
}
