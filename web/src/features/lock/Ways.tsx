/** Signing in and locking: the ways that open Wardline for this person, and changing them (R23, R24). */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Way, Ways as List } from '../../core/contract.ts';
import { browserHasPasskeys, deviceLabel } from '../../platform/browser.ts';
import { whenInWords } from '../../ui/dates.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { focusFirstError, TextField } from '../../ui/fields.tsx';
import { DeviceIcon, KeyIcon, PasskeyIcon } from '../../ui/icons/tools.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { type PasswordAbout, passwordProblem } from '../gate/password.ts';
import { useClient } from '../session/client.ts';
import { PinChoice } from './PinChoice.tsx';
import { useProof } from './proof.tsx';

type Doing = { what: 'pin' } | { what: 'password' } | { what: 'remove'; way: Way } | undefined;

const removes = { pin: 'Remove the PIN?', passkey: 'Remove the passkey?', password: 'Remove the password?' };

function titleFor(doing: NonNullable<Doing>, hasPassword: boolean): string {
  if (doing.what === 'remove') return removes[doing.way.kind];
  if (doing.what === 'pin') return 'A PIN for this device';
  return hasPassword ? 'Change your password' : 'Set a password';
}

export function Ways() {
  const client = useClient();
  const { wardline } = client;
  const [list, setList] = useState<List>();
  const [fault, setFault] = useState<Fault>();
  const [doing, setDoing] = useState<Doing>();
  const [done, setDone] = useState('');
  const task = useTask();
  const { withProof, sheet } = useProof(list?.ways.some(({ kind }) => kind === 'passkey') ?? false);

  async function load() {
    try {
      setList(await wardline.listUnlockers());
      setFault(undefined);
    } catch (thrown) {
      setFault(asFault(thrown));
    }
  }
  useEffect(() => void load(), []);

  // Back in the list, the focus is on what led away, if that is still there.
  const opener = useRef('');
  function begin(what: NonNullable<Doing>, from: string) {
    opener.current = from;
    setDoing(what);
  }
  useEffect(() => {
    if (!doing && opener.current) document.getElementById(opener.current)?.focus();
  }, [doing]);

  function change(run: () => Promise<string>) {
    setDone('');
    task.run(async () => {
      const said = await withProof(run);
      // The list is new before it is seen again: the focus finds what is there. What was done is said when its place is there.
      await load();
      setDoing(undefined);
      await Promise.resolve();
      setDone(said);
    });
  }
  const stop = () => {
    task.clear();
    setDoing(undefined);
  };

  const hasPassword = list?.ways.some(({ kind }) => kind === 'password') ?? false;
  if (doing) {
    return (
      <Sheet title={titleFor(doing, hasPassword)} back closeLabel="Back to the list" onClose={stop}>
        {doing.what === 'pin' && (
          <div class="stack narrow">
            <p>It opens Wardline on this device only, after a lock. After ten wrong tries it is destroyed.</p>
            <PinChoice
              busy={task.busy}
              action="Set this PIN"
              onChosen={(pin) =>
                change(async () => {
                  await wardline.setPin({ pin, label: deviceLabel() });
                  pin.fill(0);
                  return 'Your PIN is set.';
                })
              }
            />
            <FaultBox fault={task.fault} />
          </div>
        )}
        {doing.what === 'password' && list && (
          <PasswordForm
            list={list}
            busy={task.busy}
            fault={task.fault}
            onChange={(arg) =>
              change(async () => {
                await wardline.changePassword({ ...arg, label: 'Password' });
                return 'Your password is changed. Your other devices are locked and ask for the new one.';
              })
            }
          />
        )}
        {doing.what === 'remove' && (
          <div class="stack narrow">
            {doing.way.kind !== 'password' && doing.way.label && (
              <p>
                <b>{titleOf(doing.way)}</b>
                <span class="muted"> · {doing.way.label}</span>
              </p>
            )}
            <p>{removing(doing.way)}</p>
            <FaultBox fault={task.fault} />
            <div class="row">
              <button
                type="button"
                class="btn btn--main"
                aria-disabled={task.busy}
                onClick={() =>
                  change(async () => {
                    await wardline.removeUnlocker({ id: doing.way.id, opens: doing.way.opens });
                    return `Removed: ${titleOf(doing.way)}.`;
                  })
                }
              >
                {task.busy ? 'Removing…' : 'Remove it'}
              </button>
              <button type="button" class="btn btn--quiet" onClick={stop}>
                Keep it
              </button>
            </div>
          </div>
        )}
        {sheet}
      </Sheet>
    );
  }

  const pinHere = list?.ways.some(({ here }) => here) ?? false;
  return (
    <Sheet title="Signing in and locking" back closeLabel="Back to More" onClose={() => client.router.close()}>
      <div class="stack-l narrow">
        <div class="said stack">
          <p role="status" class={done ? '' : 'vh'}>
            {done}
          </p>
          <FaultBox fault={fault ?? task.fault} />
        </div>
        {fault && (
          <div class="row">
            <button type="button" class="btn" onClick={() => void load()}>
              Try again
            </button>
          </div>
        )}
        {!list && !fault && <p role="status">Fetching the list…</p>}
        {list && (
          <>
            <p class="small muted">Each of these opens your messages. The last one cannot be removed.</p>
            <ul class="list card ways">
              {list.ways.map((way) => (
                <WayRow key={way.id} way={way} now={client.now.value}>
                  {way.kind === 'password' && (
                    <button
                      type="button"
                      class="btn btn--s"
                      id="ways-password"
                      onClick={() => begin({ what: 'password' }, 'ways-password')}
                    >
                      Change<span class="vh"> the password</span>
                    </button>
                  )}
                  {way.here && (
                    <button
                      type="button"
                      class="btn btn--s"
                      id="ways-pin"
                      onClick={() => begin({ what: 'pin' }, 'ways-pin')}
                    >
                      {way.gone ? 'Set a new PIN' : 'Change'}
                      {!way.gone && <span class="vh"> the PIN on this device</span>}
                    </button>
                  )}
                  {way.removable && (
                    <button
                      type="button"
                      class="btn btn--s"
                      id={`ways-remove-${way.id}`}
                      onClick={() => begin({ what: 'remove', way }, `ways-remove-${way.id}`)}
                    >
                      Remove<span class="vh"> {titleOf(way)}</span>
                    </button>
                  )}
                </WayRow>
              ))}
            </ul>
            <div class="row">
              {!pinHere && (
                <button type="button" class="btn" id="ways-pin" onClick={() => begin({ what: 'pin' }, 'ways-pin')}>
                  <DeviceIcon />
                  Set a PIN on this device
                </button>
              )}
              {list.passkeys && browserHasPasskeys() && (
                <button
                  type="button"
                  class="btn"
                  aria-disabled={task.busy}
                  onClick={() =>
                    change(async () => {
                      const { makePasskey } = await import('../../platform/passkey.ts');
                      const answer = await makePasskey(await wardline.passkeyOptions({ for: 'add' }));
                      const added = { ...answer, label: deviceLabel() };
                      const { opens } = await wardline.addPasskey(added).finally(() => answer.prf?.fill(0));
                      return opens
                        ? 'Your passkey is added.'
                        : 'Your passkey is added. It signs you in without a code, but it cannot open your messages: your password does.';
                    })
                  }
                >
                  <PasskeyIcon />
                  Add a passkey
                </button>
              )}
              {!hasPassword && (
                <button
                  type="button"
                  class="btn"
                  id="ways-password"
                  onClick={() => begin({ what: 'password' }, 'ways-password')}
                >
                  <KeyIcon />
                  Set a password
                </button>
              )}
            </div>
            <p class="small muted">
              When you change or remove one, new keys are made, and your other devices lock until you open them again.
            </p>
          </>
        )}
      </div>
      {sheet}
    </Sheet>
  );
}

function WayRow({ way, now, children }: { way: Way; now: number; children: ComponentChildren }) {
  const Icon = { password: KeyIcon, passkey: PasskeyIcon, pin: DeviceIcon }[way.kind];
  const facts = [
    way.kind === 'password' ? '' : way.label,
    `${way.kind === 'password' || !way.label ? 'Added' : 'added'} ${whenInWords(way.addedAt, now)}`,
    way.lastUsedAt === undefined ? '' : `last used ${whenInWords(way.lastUsedAt, now)}`,
  ].filter(Boolean);
  return (
    <li class="who">
      <Icon size="l" />
      <span class="who__t">
        <b>{titleOf(way)}</b>
        <span>{facts.join(' · ')}</span>
        {way.gone && <span>Used up: ten wrong tries. It opens nothing any more.</span>}
        {!way.opens && <span>Signs you in, but cannot open your messages.</span>}
        {way.current && <span>Opened Wardline here this time.</span>}
        <span class="row ways__acts">{children}</span>
      </span>
    </li>
  );
}

function titleOf(way: Way): string {
  if (way.kind === 'pin') return way.here ? 'PIN on this device' : 'PIN on another device';
  return way.kind === 'passkey' ? 'Passkey' : 'Password';
}

function removing(way: Way): string {
  if (!way.opens) return 'It signs you in no more. Your messages are not touched.';
  const then = 'New keys are made at once, and your other devices lock until you open them again.';
  if (way.gone) return `It opens nothing any more, and goes from this list. ${then}`;
  if (way.kind === 'pin') {
    return `${way.here ? 'This' : 'That'} device asks for your password or a passkey from now on. ${then}`;
  }
  if (way.kind === 'passkey') {
    return `It opens Wardline nowhere any more, also if somebody has a copy. ${then} You can delete it in your device’s own settings too.`;
  }
  return `Your password and your code app open nothing any more: only your passkey does. ${then}`;
}

type FormProps = {
  list: List;
  busy: boolean;
  fault: Fault | undefined;
  onChange: (arg: { old?: string; password: string }) => void;
};

function PasswordForm({ list, busy, fault, onChange }: FormProps) {
  const client = useClient();
  const [old, setOld] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const has = list.ways.some(({ kind }) => kind === 'password');
  const state = client.session.value;
  if (state?.at !== 'ready') return null;
  const about: PasswordAbout = {
    minPasswordLength: list.minPasswordLength,
    username: list.username,
    person: state.me,
  };
  const problem = passwordProblem(password, again, about);
  return (
    <form
      class="stack narrow"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        focusFirstError();
        if (busy || problem || (has && old === '')) return;
        onChange({ ...(has ? { old } : {}), password });
      }}
    >
      {has && (
        <TextField
          label="Password now"
          type="password"
          autocomplete="current-password"
          value={old}
          onInput={setOld}
          error={tried && old === '' ? 'Enter the password that you have now' : undefined}
        />
      )}
      <TextField
        label="New password"
        hint={`At least ${list.minPasswordLength} characters. Three or four words in a row are good.`}
        type="password"
        autocomplete="new-password"
        value={password}
        onInput={setPassword}
        error={tried && problem?.field === 'password' ? problem.text : undefined}
      />
      <TextField
        label="The same again"
        type="password"
        autocomplete="new-password"
        value={again}
        onInput={setAgain}
        error={tried && problem?.field === 'again' ? problem.text : undefined}
      />
      <p class="small muted">New keys are made at once. Your other devices lock and ask for the new password.</p>
      <FaultBox fault={fault} />
      <button type="submit" class="btn btn--main btn--wide" aria-disabled={busy}>
        {busy ? 'Making new keys, a few seconds…' : has ? 'Change your password' : 'Set this password'}
      </button>
    </form>
  );
}
