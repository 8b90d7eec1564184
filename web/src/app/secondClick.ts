/**
 * No button or link of Wardline wants a double click, and many people make one. The first click often changes the screen, so the second
 * would press whatever stands there by then: the next step, "Back", or a place of the navigation. It is dropped.
 *
 * A mouse counts by itself, as its owner has set it. A finger does not everywhere, so for it time and place are looked at. What comes from
 * the keyboard or from assistive technology counts no clicks; there only a key that is held down presses again by itself. A button that
 * is meant to be pressed fast says so with `data-again`.
 */
const together = 400;
const near = 24;

type Last = { at: number; x: number; y: number };

export function dropSecondClicks(target: EventTarget = document): void {
  let last: Last | undefined;

  function isSecond(event: MouseEvent): boolean {
    const before = last;
    last = { at: event.timeStamp, x: event.clientX, y: event.clientY };
    if (event.detail === 0) return false;
    if (event.detail > 1) return true;
    if (!isTouch(event) || !before || event.timeStamp - before.at > together) return false;
    return Math.hypot(event.clientX - before.x, event.clientY - before.y) < near;
  }

  const drop = (event: Event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const pressed = (event: Event) =>
    event.target instanceof Element && event.target.closest('button:not([data-again]), a[href]') !== null;

  target.addEventListener(
    'click',
    (event) => {
      if (isSecond(event as MouseEvent) && pressed(event)) drop(event);
    },
    { capture: true },
  );
  target.addEventListener(
    'keydown',
    (event) => {
      const { key, repeat } = event as KeyboardEvent;
      if (repeat && key === 'Enter') drop(event);
    },
    { capture: true },
  );
}

const isTouch = (event: MouseEvent): boolean => 'pointerType' in event && event.pointerType === 'touch';
