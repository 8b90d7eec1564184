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
      <div role="status">
        {offline && (
          <p class="bar bar--offline">
            <OfflineIcon />
            <span>
              <b>Offline.</b> Wardline cannot be reached, so your messages cannot be opened now. Urgent? Call.
            </span>
          </p>
        )}
      </div>
      {elsewhere && !here ? (
        <OpenElsewhere onHere={() => setHere(true)} />
      ) : (
        <Unlock
          organisation={organisation}
          chosen={here}
          elsewhere={elsewhere}
          pin={pin === true}
          passkey={passkey === true && browserHasPasskeys()}
          offline={offline === true}
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
  offline: boolean;
  /** From now on the tab that is open may be this one. */
  onBegin: () => void;
};

/** Most people have a quick way and never need it here; who has none does not fetch it. */
const quickPart = part(async () => (await import('./QuickUnlock.tsx')).QuickUnlock);

function Unlock({ organisation, chosen, elsewhere, pin, passkey, offline, onBegin }: UnlockProps) {
  // What was asked for, or begun while there was nothing else yet: a quick way that comes later does not take it away.
  const [byPassword, setByPassword] = useState(false);
  const quick = (pin || passkey) && !byPassword;
  const [returned, setReturned] = useState(false);
  const [why, setWhy] = useState<Fault>();
  const form = useRef<HTMLFormElement>(null);
  const sentHere = useRef(false);
  const client = useClient();
  const task = useTask();
  const [password, setPassword] = useState('');
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (chosen) heading.current?.focus();
  }, []);

  // The button that led here is gone, and the focus with it.
  useEffect(() => {
    if (!quick && sentHere.current) form.current?.querySelector('input')?.focus();
    sentHere.current = false;
  }, [quick]);
  // What failed for want of a network is over when the network is back.
  useEffect(() => {
    if (!offline && task.fault?.code === 'offline') task.clear();
  }, [offline]);

  const toPassword = (fault?: Fault) => {
    sentHere.current = true;
    setWhy(fault);
    setByPassword(true);
  };
  const usedUp = (fault: Fault) => {
    sentHere.current = true;
    setWhy(fault);
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
      {quick && (
        <Quick {...{ pin, passkey, why, onBegin }} returned={returned} onUsedUp={usedUp} onPassword={toPassword} />
      )}
      {!quick && (
        <form
          class="stack"
          ref={form}
          onFocusIn={() => setByPassword(true)}
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
            busy={task.busy}
          />
          <FaultBox fault={task.fault ?? why} />
          <button type="submit" class="btn btn--main btn--wide" aria-disabled={task.busy || password === ''}>
            {task.busy ? 'Unlocking…' : 'Unlock'}
          </button>
          {(pin || passkey) && (
            <button
              type="button"
              class="btn btn--quiet btn--wide"
              onClick={() => {
                setReturned(true);
                setByPassword(false);
              }}
            >
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

type QuickProps = Pick<UnlockProps, 'pin' | 'passkey' | 'onBegin'> & {
  why: Fault | undefined;
  returned: boolean;
  onUsedUp: (why: Fault) => void;
  onPassword: (why?: Fault) => void;
};

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
