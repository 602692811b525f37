/**
 * Copies a text. A browser may refuse that: then the text is shown, chosen, so that a key copies it.
 *
 * @param {string} text
 * @param {HTMLTextAreaElement} fallback hidden, and read only
 * @returns {Promise<boolean>} whether it is copied
 */
export async function copyText(text, fallback) {
  try {
    await navigator.clipboard.writeText(text);
    fallback.hidden = true;
    return true;
  } catch {
    fallback.value = text;
    fallback.hidden = false;
    fallback.focus();
    fallback.select();
    return false;
  }
}
