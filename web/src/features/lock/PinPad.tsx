/**
 * Entering a PIN: keys that a thumb finds, the keyboard as well, and nothing shown but how many digits there are. The digits are held
 * in one place and zeroed when they are handed over.
 */
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { pinLeast, pinMost } from '../../core/pin.ts';
import '../../styles/pinpad.css';

type Props = {
  label: string;
  action: string;
  busy: boolean;
  /** Handed over: whoever gets it zeroes it. */
  onPin: (pin: Uint8Array<ArrayBuffer>) => void;
};

export function PinPad({ label, action, busy, onPin }: Props) {
  const held = useRef(new Uint8Array(pinMost));
  const box = useRef<HTMLDivElement>(null);
  const [length, setLength] = useState(0);
  const [short, setShort] = useState(false);
  const count = useRef(0);
  const id = useId();
  const now = useRef({ busy, onPin });
  now.current = { busy, onPin };

  function set(next: number) {
    count.current = next;
    setLength(next);
    setShort(false);
  }
  function add(digit: number) {
    if (now.current.busy || count.current >= pinMost) return;
    held.current[count.current] = 0x30 + digit;
    set(count.current + 1);
  }
  function drop() {
    if (now.current.busy || count.current === 0) return;
    held.current[count.current - 1] = 0;
    set(count.current - 1);
  }
  function give() {
    if (now.current.busy) return;
    if (count.current < pinLeast) {
      setShort(true);
      return;
    }
    const pin = held.current.slice(0, count.current);
    held.current.fill(0);
    set(0);
    now.current.onPin(pin);
  }

  // Before it is painted: whoever types fast loses no digit between one pad and the next.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { target } = event;
      if (target instanceof HTMLInputElement) return;
      const onButton = target instanceof HTMLButtonElement && !box.current?.contains(target);
      if (/^[0-9]$/.test(event.key)) add(Number(event.key));
      else if (event.key === 'Backspace') drop();
      else if (event.key === 'Enter' && !onButton && !(target instanceof HTMLButtonElement)) give();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
      held.current.fill(0);
    };
  }, []);
  useEffect(() => box.current?.focus({ preventScroll: true }), [label]);

  return (
    <div
      class="pinpad"
      ref={box}
      role="group"
      tabIndex={-1}
      aria-labelledby={`${id}-l`}
      aria-describedby={short ? `${id}-e` : undefined}
    >
      <p class="pinpad__l" id={`${id}-l`}>
        {label}
      </p>
      <p class="pinpad__dots" aria-hidden="true">
        {Array.from({ length: Math.max(pinLeast, length) }, (_, at) => (
          <span key={at} class={at < length ? 'is-in' : ''} />
        ))}
      </p>
      <p class="vh" role="status">
        {length === 0 ? 'No digits yet' : `${length} ${length === 1 ? 'digit' : 'digits'}`}
      </p>
      <div role="alert">
        {short && (
          <p class="nhsuk-error-message pinpad__e" id={`${id}-e`}>
            A PIN has at least six digits
          </p>
        )}
      </div>
      <div class="pinpad__keys">
        {[1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => (
          <Digit key={digit} digit={digit} onPress={add} />
        ))}
        <span />
        <Digit digit={0} onPress={add} />
        <button type="button" class="btn btn--quiet" data-again onClick={drop}>
          Delete<span class="vh"> the last digit</span>
        </button>
      </div>
      <button type="button" class="btn btn--main btn--wide" aria-disabled={busy || length < pinLeast} onClick={give}>
        {action}
      </button>
    </div>
  );
}

function Digit({ digit, onPress }: { digit: number; onPress: (digit: number) => void }) {
  return (
    <button type="button" class="btn" data-again onClick={() => onPress(digit)}>
      {digit}
    </button>
  );
}
