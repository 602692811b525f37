import { create, element } from '../shared/dom.js';

/** @typedef {import('./view.js').View} View */

/**
 * The links to the views: a row for those at the top, and another one for views that belong together.
 */
export class Navigation {
  #views;
  #links = element('navigation-links', HTMLUListElement);

  /** @param {View[]} views in their order */
  constructor(views) {
    this.#views = views;
    this.#links.append(...views.filter(({ within }) => !within).map(itemOf));
  }

  /** @param {View | null} shown */
  mark(shown) {
    for (const link of this.#links.querySelectorAll('a')) {
      if (link.hash === `#${shown?.path}`) link.setAttribute('aria-current', 'page');
      else if (link.hash === `#${shown?.within}`) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  /**
   * @param {View} shown
   * @returns {HTMLElement[]} the row of the views that belong together with this one, if there are such
   */
  below(shown) {
    const top = this.#views.find(({ path }) => path === (shown.within ?? shown.path));
    const others = this.#views.filter(({ within }) => within === top?.path);
    if (!top || !others.length) return [];
    const items = [top, ...others].map((view) => {
      const item = itemOf(view);
      if (view === shown) item.firstElementChild?.setAttribute('aria-current', 'page');
      return item;
    });
    return [
      create('nav', { class: 'views-below', 'aria-label': top.title }, create('ul', {}, ...items)),
    ];
  }
}

/** @param {View} view */
function itemOf({ path, title }) {
  return create('li', {}, create('a', { href: `#${path}` }, title));
}
