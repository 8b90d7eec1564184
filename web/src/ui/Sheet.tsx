/**
 * A task over what was there: a modal dialog. Escape and Back close it, and the focus goes back to where it was.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { BackIcon, CloseIcon } from './icons/tools.tsx';
import { useModal } from './useModal.ts';

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
  /** What is in it is mostly read: it can be scrolled with the keyboard, and is called so. */
  reading?: string;
  children: ComponentChildren;
};

export function Sheet({
  title,
  subtitle,
  closeLabel = 'Close',
  back,
  onClose,
  under,
  foot,
  flush,
  reading,
  children,
}: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useModal(dialog, heading);
  // Another task in the same dialog: what was pressed is often gone, and the focus with it.
  useEffect(() => {
    const element = dialog.current;
    const at = document.activeElement;
    if (element?.open && (at === element || !element.contains(at))) heading.current?.focus();
  }, [title]);

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
        <button type="button" class="ib" onClick={onClose}>
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
      <div
        class={flush ? 'sheet__m sheet__m--flush' : 'sheet__m'}
        {...(reading === undefined ? {} : { tabIndex: 0, role: 'region', 'aria-label': reading })}
      >
        {children}
      </div>
      {foot && <footer class="foot">{foot}</footer>}
    </dialog>
  );
}
