/**
 * Tells the style sheet how far down the workspace begins (`--above`), so that its columns end where the
 * window does. What is above it comes and goes: notices, the bar of a recording, a call that comes in.
 *
 * @param {HTMLElement} workspace
 * @param {AbortSignal} signal
 */
export function fitHeight(workspace, signal) {
  const measure = () => {
    const above = workspace.getBoundingClientRect().top + window.scrollY;
    workspace.style.setProperty('--above', `${Math.round(above)}px`);
  };
  const observer = new ResizeObserver(measure);
  for (const element of document.querySelectorAll('body > *, .notices')) observer.observe(element);
  measure();
  signal.addEventListener('abort', () => observer.disconnect());
}
