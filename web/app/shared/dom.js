/**
 * The element with this id, which must be in the document.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`#${id} is not a ${type.name}`);
  return found;
}

/**
 * Makes an element. Strings become text, never HTML. Children that are false, null or empty are left out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string | false | null)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function create(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  for (const child of children) if (child) made.append(child);
  return made;
}

/**
 * A text from elsewhere, such as a name, which keeps its own direction and does not turn what stands
 * beside it.
 *
 * @param {string} text
 */
export function bdi(text) {
  return create('bdi', {}, text);
}

/**
 * A phone number, which is written from left to right in every language.
 *
 * @param {string} text
 */
export function ltr(text) {
  return create('bdi', { dir: 'ltr', class: 'phone-number' }, text);
}

/**
 * Replaces the content if its text differs. A live region would announce the same text again.
 *
 * @param {HTMLElement} target
 * @param {...(Node | string | false | null)} content see `create`
 */
export function sayParts(target, ...content) {
  const before = target.textContent;
  const made = create('div', {}, ...content);
  if (made.textContent !== before) target.replaceChildren(...made.childNodes);
}

/**
 * Sets the text if it differs. A live region would announce the same text again.
 *
 * @param {HTMLElement} target
 * @param {string} text
 */
export function say(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Makes a function that runs `action` when it has not been called for some time.
 *
 * @param {() => void} action
 * @param {number} wait milliseconds
 */
export function debounce(action, wait) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, wait);
  };
}

/**
 * A sentence with names as nodes: each name keeps its own direction of writing.
 *
 * @param {readonly (string | { name: string })[]} sentence
 * @returns {(Node | string)[]}
 */
export function nodesOf(sentence) {
  return sentence.map((part) => (typeof part === 'string' ? part : bdi(part.name)));
}
