/**
 * A part of the app that is fetched when it is first needed, or before that when there is time. Once it is here it is drawn at once,
 * without a moment in between. A part that cannot be fetched says so where the person is looking, and can be asked for again.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Fault, FaultBox } from './fault.tsx';

export type Part<Props> = {
  /** The component, as soon as it is here. */
  readonly view: ReadonlySignal<{ View: ComponentType<Props> } | undefined>;
  readonly fault: ReadonlySignal<Fault | undefined>;
  /** Fetches the part unless it is here or on its way. Never throws: what went wrong is told to those who wait for it. */
  load(): Promise<void>;
  /** Loads it for somebody who stands before its place, until the returned function is called. */
  want(): () => void;
};

/** A newer version on the server no longer has the files of this one; only loading the page anew helps then. */
const notFetched: Fault = {
  code: 'screen.not-fetched',
  message: 'This part of Wardline could not be fetched.',
  hint: 'Check the network and try again. If it stays, lock Wardline and unlock it: what you wrote is kept.',
};

export function part<Props>(fetch: () => Promise<ComponentType<Props>>, unfetched: Fault = notFetched): Part<Props> {
  const view = signal<{ View: ComponentType<Props> }>();
  const fault = signal<Fault>();
  let coming: Promise<void> | undefined;
  let waiting = 0;
  async function get() {
    try {
      view.value = { View: await fetch() };
      fault.value = undefined;
    } catch {
      // One that was only fetched ahead is asked for again when it is needed.
      if (waiting > 0) fault.value = unfetched;
    } finally {
      coming = undefined;
    }
  }
  const load = () => (view.peek() ? Promise.resolve() : (coming ??= get()));
  return {
    view,
    fault,
    load,
    want() {
      waiting += 1;
      void load();
      return () => {
        waiting -= 1;
        if (waiting === 0) fault.value = undefined;
      };
    },
  };
}

/** Asks for a part while it is needed; gives the component when it is here, and else what to say meanwhile. */
export function usePart<Props>(wanted: Part<Props>) {
  const late = useLate();
  useEffect(() => wanted.want(), [wanted]);
  return {
    View: wanted.view.value?.View,
    fault: wanted.fault.value,
    /** So long that the person should be told. */
    late,
    again: () => wanted.load(),
  };
}

type FetchingProps = Omit<ReturnType<typeof usePart>, 'View'> & {
  /** Loads the whole app anew, for when a newer server no longer has this version's files. */
  onAnew?: (() => void) | undefined;
};

/** What fetching a part looks like inside a pane or a sheet. */
export function Fetching({ fault, late, again, onAnew }: FetchingProps) {
  const [busy, setBusy] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  // The button that was pressed goes when the part comes: the focus must not be lost with it.
  useEffect(
    () => () => {
      if (!box.current?.contains(document.activeElement)) return;
      setTimeout(() => {
        if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true });
      });
    },
    [],
  );
  if (!fault) {
    return (
      <p class={late ? 'empty' : 'vh'} role="status">
        One moment…
      </p>
    );
  }
  return (
    <div class="unfetched" ref={box}>
      <FaultBox fault={fault} />
      <div class="row">
        <button
          type="button"
          class="btn"
          aria-disabled={busy}
          onClick={() => {
            if (busy) return;
            setBusy(true);
            void again().finally(() => setBusy(false));
          }}
        >
          {busy ? 'Trying…' : 'Try again'}
        </button>
        {onAnew && (
          <button type="button" class="btn btn--quiet" onClick={onAnew}>
            Lock and load again
          </button>
        )}
      </div>
    </div>
  );
}

/** A wait that is over before it is noticed is not shown. */
const noticed = 250;

function useLate(): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), noticed);
    return () => clearTimeout(timer);
  }, []);
  return late;
}
