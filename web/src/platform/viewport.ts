/** The size of the window and the kind of pointer, as signals. */
import { type ReadonlySignal, signal } from '@preact/signals';

function media(query: string): ReadonlySignal<boolean> {
  const list = matchMedia(query);
  const matches = signal(list.matches);
  list.addEventListener('change', () => {
    matches.value = list.matches;
  });
  return matches;
}

/** List and thread side by side. */
export const isWide = media('(min-width: 900px)');
/** Room for the details as a third pane. */
export const isVeryWide = media('(min-width: 1200px)');
/** A mouse or trackpad: Enter sends, hints of keys are shown. */
export const hasFinePointer = media('(pointer: fine)');
