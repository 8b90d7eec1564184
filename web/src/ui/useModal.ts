/**
 * A dialog that is modal as long as it is drawn: the browser keeps the focus inside and hides the rest from assistive technology. At
 * the end the focus goes back to where it was, or to the main part of the page when that is gone.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

const count = signal(0);

/** How many are open: what lies under one is not looked at. */
export const dialogs: ReadonlySignal<number> = count;

export function useModal(dialog: RefObject<HTMLDialogElement | null>, start: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = dialog.current;
    if (!element) return undefined;
    const before = document.activeElement;
    if (!element.open) element.showModal();
    count.value = count.peek() + 1;
    (element.querySelector<HTMLElement>('[data-autofocus]') ?? start.current)?.focus();
    return () => {
      count.value = count.peek() - 1;
      if (element.open) element.close();
      // Another dialog may have taken over, as when one task leads to the next.
      if (document.querySelector('dialog[open]')) return;
      const back = before instanceof HTMLElement && before !== document.body && before.isConnected ? before : undefined;
      (back ?? document.getElementById('main'))?.focus({ preventScroll: true });
    };
  }, []);
}
