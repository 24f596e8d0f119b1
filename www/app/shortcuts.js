/**
 * Keyboard shortcuts, which apply unless the focused element uses the key itself.
 * @param {{ open: () => void, save: () => void, help: () => void, compare: () => void, camera: () => void,
 *   record: () => void, mirror: () => void, play: () => void, random: () => void, escape: () => void,
 *   undo: () => void, redo: () => void, strength: (percent: number) => void, step: (by: number) => void }} act
 */
export function listenForShortcuts(act) {
  document.addEventListener('keydown', (event) => {
    if (event.altKey || event.defaultPrevented || document.querySelector('dialog[open]')) return;
    const target = /** @type {Element} */ (event.target);
    if (isTyping(target)) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== 'z') return;
      event.preventDefault();
      if (event.shiftKey) act.redo();
      else act.undo();
      return;
    }
    const run = {
      o: act.open,
      s: act.save,
      c: act.camera,
      r: act.record,
      m: act.mirror,
      p: act.play,
      b: act.random,
      Escape: act.escape,
      ...strengths(act.strength),
      '?': act.help,
      ' ': takesSpace(target) ? undefined : act.compare,
      ArrowLeft: takesArrows(target) ? undefined : () => act.step(-1),
      ArrowRight: takesArrows(target) ? undefined : () => act.step(1),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!run || (event.repeat && event.key.length === 1)) return;
    event.preventDefault();
    run();
  });
}

/** Shortcuts for the strength: 1 to 9 set it in tenths, 0 sets it to full. @param {(percent: number) => void} set */
function strengths(set) {
  return Object.fromEntries(Array.from({ length: 10 }, (_, i) => [String(i), () => set(i === 0 ? 100 : i * 10)]));
}

/** @param {Element} target */
function isTyping(target) {
  return target.matches('select, textarea, [contenteditable], input:not([type=range], [type=checkbox])');
}

/** Whether the element uses the space bar itself; a radio button of the style list does not. @param {Element} target */
function takesSpace(target) {
  return target.matches('button:not([role=radio]), a, input[type=checkbox], summary');
}

/** @param {Element} target */
function takesArrows(target) {
  return target.matches('input[type=range]');
}
