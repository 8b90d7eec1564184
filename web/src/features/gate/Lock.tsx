/**
 * Locked: no content, no counts, no names. The password opens it again without a new code. Where another tab of this browser has
 * Wardline open, that is said first, because a password here takes it away from there.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { watchOtherTab } from '../../platform/tabs.ts';
import { browserHasPasskeys } from '../../platform/browser.ts';
import { type Fault, FaultBox } from '../../ui/fault.tsx';
import { TextField } from '../../ui/fields.tsx';
import { InfoIcon, LockIcon, OfflineIcon, SwitchIcon } from '../../ui/icons/tools.tsx';
import { Fetching, part, usePart } from '../../ui/part.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { Mark } from './Frame.tsx';

type Props = { organisation: string; offline?: true | undefined; pin?: boolean; passkey?: boolean };

export function Lock({ organisation, offline, pin, passkey }: Props) {
  const [elsewhere, setElsewhere] = useState<boolean>();
  const [here, setHere] = useState(false);
  // Before anything is painted: the screen waits for the answer.
  useLayoutEffect(() => watchOtherTab(setElsewhere), []);
  // The other tab was closed or locked: what this person chose then is over too.
  useEffect(() => {
    if (elsewhere === false) setHere(false);
  }, [elsewhere]);
  // Until it is known nothing is shown, so that nothing jumps.
  if (elsewhere === undefined) return <Gate>{null}</Gate>;
  return (
    <Gate>
      {offline && (
        <p class="bar bar--offline" role="status">
          <OfflineIcon />
          <span>
            <b>Offline.</b> Wardline cannot be reached, so your messages cannot be opened now. Urgent? Call.
          </span>
        </p>
      )}
      {elsewhere && !here ? (
        <OpenElsewhere onHere={() => setHere(true)} />
      ) : (
        <Unlock
          organisation={organisation}
          chosen={here}
          elsewhere={elsewhere}
          pin={pin === true}
          passkey={passkey === true && browserHasPasskeys()}
          onBegin={() => setHere(true)}
        />
      )}
    </Gate>
  );
}

function Gate({ children }: { children: ComponentChildren }) {
  return (
    <div class="lockp">
      <header>
        <Mark />
      </header>
      <main id="main" class="stack-l">
        {children}
      </main>
      <footer class="muted small">
        <p>
          Nothing is shown while locked.
          <br />
          Cardiac arrest: call 2222.
        </p>
        <p>
          <a href="#/policies">Policies</a>
        </p>
      </footer>
    </div>
  );
}

function OpenElsewhere({ onHere }: { onHere: () => void }) {
  return (
    <>
      <div class="lockp__h stack">
        <InfoIcon />
        <h1>Wardline is open in another tab</h1>
        <p>It can be open in one tab at a time on this device. What you were writing is kept.</p>
      </div>
      <button type="button" class="btn btn--main btn--wide" onClick={onHere}>
        Use it here
      </button>
    </>
  );
}

type UnlockProps = {
  organisation: string;
  /** The person has just asked for it with a button that is gone now. */
  chosen: boolean;
  elsewhere: boolean;
  pin: boolean;
  passkey: boolean;
  /** From now on the tab that is open may be this one. */
  onBegin: () => void;
};

/** Most people have a quick way and never need it here; who has none does not fetch it. */
const quickPart = part(async () => (await import('./QuickUnlock.tsx')).QuickUnlock);

function Unlock({ organisation, chosen, elsewhere, pin, passkey, onBegin }: UnlockProps) {
  const [quick, setQuick] = useState(pin || passkey);
  const [why, setWhy] = useState<Fault>();
  const client = useClient();
  const task = useTask();
  const [password, setPassword] = useState('');
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (chosen) heading.current?.focus();
  }, []);

  const toPassword = (fault?: Fault) => {
    setWhy(fault);
    setQuick(false);
  };

  function unlock() {
    if (password === '') return;
    onBegin();
    task.run(async () => {
      try {
        await client.wardline.unlock({ password });
        await client.load();
      } finally {
        setPassword('');
      }
    });
  }

  return (
    <>
      <div class="lockp__h">
        <LockIcon />
        <h1 ref={heading} tabIndex={-1}>
          Locked
        </h1>
        <p class="lead">{organisation}</p>
      </div>
      {quick && <Quick pin={pin} passkey={passkey} onBegin={onBegin} onPassword={toPassword} />}
      {!quick && (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            unlock();
          }}
        >
          <TextField
            label="Password"
            hint={elsewhere && !task.busy ? 'The other tab locks when this one opens' : undefined}
            type="password"
            autocomplete="current-password"
            value={password}
            onInput={setPassword}
            disabled={task.busy}
          />
          <FaultBox fault={task.fault ?? why} />
          <button type="submit" class="btn btn--main btn--wide" aria-disabled={task.busy || password === ''}>
            {task.busy ? 'Unlocking…' : 'Unlock'}
          </button>
          {why?.code !== 'pin_gone' && (pin || passkey) && (
            <button type="button" class="btn btn--quiet btn--wide" onClick={() => setQuick(true)}>
              {pin ? 'Use your PIN' : 'Use your passkey'}
            </button>
          )}
        </form>
      )}
      <p class="centre">
        <button type="button" class="btn btn--quiet" onClick={() => task.run(() => client.signOut())}>
          <SwitchIcon />
          Someone else? Sign out
        </button>
      </p>
    </>
  );
}

type QuickProps = Pick<UnlockProps, 'pin' | 'passkey' | 'onBegin'> & { onPassword: (why?: Fault) => void };

function Quick(props: QuickProps) {
  const { View, ...waiting } = usePart(quickPart);
  if (View) return <View {...props} />;
  return (
    <>
      <Fetching {...waiting} />
      {waiting.fault && (
        <button type="button" class="btn btn--quiet btn--wide" onClick={() => props.onPassword()}>
          Use your password
        </button>
      )}
    </>
  );
}
