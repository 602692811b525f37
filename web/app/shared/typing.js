/**
 * @param {EventTarget | null} target of a key
 * @returns {boolean} whether the key is text, or moves in a choice
 */
export function isTyping(target) {
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && target.type !== 'radio')
  );
}
