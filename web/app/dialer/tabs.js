/**
 * The tabs of the workspace on a narrow screen, after
 * https://www.w3.org/WAI/ARIA/apg/patterns/tabs/: the arrow keys choose.
 */
export class Tabs {
  #workspace;
  #tabs;

  /**
   * @param {HTMLElement} list of the tabs, whose ids are `tab-` and a name
   * @param {HTMLElement} workspace has the name of the chosen tab in `data-tab`
   */
  constructor(list, workspace) {
    this.#workspace = workspace;
    this.#tabs = [...list.querySelectorAll('button')];
    list.addEventListener('click', ({ target }) => {
      const tab = this.#tabs.find((one) => one === target);
      if (tab) this.#choose(tab);
    });
    list.addEventListener('keydown', ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const count = this.#tabs.length;
      const at = this.#tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true');
      const next = this.#tabs[(at + step + count) % count];
      if (next) this.#choose(next);
      next?.focus();
    });
    if (this.#tabs[0]) this.#choose(this.#tabs[0]);
  }

  /** @param {'call' | 'contact' | 'queue'} name */
  show(name) {
    const tab = this.#tabs.find(({ id }) => id === `tab-${name}`);
    if (tab) this.#choose(tab);
  }

  /** @param {HTMLButtonElement} chosen */
  #choose(chosen) {
    for (const tab of this.#tabs) {
      tab.setAttribute('aria-selected', String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
    }
    this.#workspace.dataset.tab = chosen.id.replace('tab-', '');
  }
}
