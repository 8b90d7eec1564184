/**
 * A task over what was there: a modal dialog, so that the browser keeps the focus inside, hides the rest from assistive technology
 * and gives the focus back at the end. Escape and Back close it.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { BackIcon, CloseIcon } from './icons/tools.tsx';

type Props = {
  title: string;
  subtitle?: string | undefined;
  /** What closing means here: "Close, file later". */
  closeLabel?: string;
  back?: boolean;
  onClose: () => void;
  /** Stays under the title while the rest scrolls. */
  under?: ComponentChildren;
  foot?: ComponentChildren;
  flush?: boolean;
  children: ComponentChildren;
};

export function Sheet({ title, subtitle, closeLabel = 'Close', back, onClose, under, foot, flush, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (!element.open) element.showModal();
    if (!element.contains(document.activeElement) || document.activeElement?.hasAttribute('data-close')) {
      const first = element.querySelector<HTMLElement>('[data-autofocus]');
      (first ?? heading.current)?.focus();
    }
    return () => element.close();
  }, []);

  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header class="top top--back">
        <button type="button" class="ib" data-close onClick={onClose}>
          {back ? <BackIcon size="l" /> : <CloseIcon size="l" />}
          <span class="vh">{closeLabel}</span>
        </button>
        <div class="top__t">
          <h1 id={id} ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {subtitle && <p>{subtitle}</p>}
        </div>
      </header>
      {under}
      <div class={flush ? 'sheet__m sheet__m--flush' : 'sheet__m'}>{children}</div>
      {foot && <footer class="foot">{foot}</footer>}
    </dialog>
  );
}
