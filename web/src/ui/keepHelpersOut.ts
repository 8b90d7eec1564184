/**
 * R34: what is typed here must not leave through the browser's own helpers, such as a spelling service, a translator or its memory of
 * earlier input. Set as attributes and not as properties, because the properties do not take these words.
 */
export function keepHelpersOut(box: HTMLElement | null): void {
  if (!box) return;
  const wanted = { spellcheck: 'false', translate: 'no', autocorrect: 'off', writingsuggestions: 'false' };
  for (const [name, value] of Object.entries(wanted)) box.setAttribute(name, value);
}
