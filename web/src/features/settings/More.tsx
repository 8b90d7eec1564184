/** Settings, what this is, and what it cannot do. Only what works is listed. */
import { useEffect, useState } from 'preact/hooks';
import type { About } from '../../core/contract.ts';
import { applyTheme, readTheme, type Theme, themes } from '../../platform/prefs.ts';
import { appFiles, newerIsReady } from '../../platform/newer.ts';
import { hasFinePointer, isWide } from '../../platform/viewport.ts';
import { duration } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { Fingerprint } from '../../ui/Fingerprint.tsx';
import { KeyIcon, LockIcon, SwitchIcon, TickIcon, WarningIcon } from '../../ui/icons/tools.tsx';
import { useTask } from '../../ui/useTask.ts';
import { disclosureSentence } from '../compose/Notice.tsx';
import { roleAndWard } from '../people/words.ts';
import { useClient } from '../session/client.ts';
import { ConnectionBar } from '../shell/ConnectionBar.tsx';
import { format } from '../shell/routes.ts';
import { Devices } from './Devices.tsx';
import { kindWords } from './deviceWords.ts';
import '../../styles/thread-part.css';

const themeWords: Record<Theme, string> = { system: 'As the device', light: 'Light', dark: 'Dark' };

const limits = [
  'It cannot stop a screenshot or a photo of the screen.',
  'It cannot tell whether a phone has been tampered with, and it cannot wipe a phone: only what Wardline keeps on it.',
  'The server delivers this app. Compare the groups below, under “Whose server this is”, with those that your organisation publishes.',
  'It is not certified. A Clinical Safety Officer has to sign the safety case of your organisation.',
  'It never replaces 2222.',
];

export function More() {
  const client = useClient();
  const task = useTask();
  const state = client.session.value;
  if (state?.at !== 'ready') return null;
  return (
    <>
      <header class="top">
        <div class="top__t">
          <h1>More</h1>
        </div>
      </header>
      {!isWide.value && <ConnectionBar />}
      <div class="pane__s" tabIndex={-1}>
        <div class="page more">
          <section aria-labelledby="more-you">
            <h2 id="more-you">You</h2>
            <dl class="kv">
              <div>
                <dt>Signed in as</dt>
                <dd>
                  <b>{state.me.name}</b>, {roleAndWard(state.me)}
                </dd>
              </div>
              <div>
                <dt>At</dt>
                <dd>{state.organisation}</dd>
              </div>
              <div>
                <dt>This device</dt>
                <dd>
                  {kindWords[state.device]}. It locks after {duration(state.idleMs)} without use.
                </dd>
              </div>
            </dl>
            <FaultBox fault={task.fault} />
            <div class="row more__acts">
              <button type="button" class="btn btn--main" onClick={() => task.run(() => client.lock())}>
                <LockIcon />
                Lock now
              </button>
              <button type="button" class="btn" onClick={() => task.run(() => client.signOut())}>
                <SwitchIcon />
                Sign out
              </button>
            </div>
            <p class="small muted">
              Locking keeps you signed in: your PIN, your passkey or your password opens it again. After signing out you
              need your passkey, or your password and a code.
            </p>
          </section>
          <section aria-labelledby="more-ways">
            <h2 id="more-ways">Signing in and locking</h2>
            {state.changedElsewhere && (
              <p class="pinnote">
                <WarningIcon />
                The ways to open Wardline were changed on another device. If that was not you, tell the service desk
                now.
              </p>
            )}
            <p class="small muted">Your password, your passkeys and the PIN of this device.</p>
            <div class="row">
              <a class="btn" href={format({ at: 'ways' })}>
                <KeyIcon />
                See and change them
              </a>
            </div>
          </section>
          <Devices />
          <ThemeChoice />
          {hasFinePointer.value && isWide.value && <Keys />}
          <section aria-labelledby="more-know">
            <h2 id="more-know">What you should know</h2>
            <ul class="points small">
              <li>{disclosureSentence}</li>
              <li>Wardline is not the health record. Decisions are filed to it, and the messages are then deleted.</li>
            </ul>
          </section>
          <section aria-labelledby="more-policies">
            <h2 id="more-policies">Policies</h2>
            <p>
              <a href={format({ at: 'policies' })}>Your organisation’s policies</a>, and what you accepted
            </p>
          </section>
          <section aria-labelledby="more-limits">
            <h2 id="more-limits">What Wardline cannot do</h2>
            <ul class="points small">
              {limits.map((limit) => (
                <li key={limit}>{limit}</li>
              ))}
            </ul>
          </section>
          <WhoseServer organisation={state.organisation} />
          <AboutSection />
        </div>
      </div>
    </>
  );
}

function ThemeChoice() {
  const [theme, setTheme] = useState(readTheme());
  return (
    <fieldset>
      <legend class="nhsuk-fieldset__legend">
        <h2>Look</h2>
      </legend>
      <div class="seg">
        {themes.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="theme"
              checked={theme === each}
              onChange={() => {
                applyTheme(each);
                setTheme(each);
              }}
            />
            <TickIcon size="s" />
            {themeWords[each]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Keys() {
  return (
    <section aria-labelledby="more-keys">
      <h2 id="more-keys">Keys</h2>
      <dl class="kv">
        <div>
          <dt>
            <kbd>Ctrl</kbd> <kbd>K</kbd>
          </dt>
          <dd>Jump to a thread or a person</dd>
        </div>
        <div>
          <dt>
            <kbd>Enter</kbd>
          </dt>
          <dd>
            Sends. <kbd>Shift</kbd> <kbd>Enter</kbd> makes a line
          </dd>
        </div>
        <div>
          <dt>
            <kbd>↑</kbd> <kbd>↓</kbd>
          </dt>
          <dd>From message to message; Tab goes on to what can be done with one</dd>
        </div>
        <div>
          <dt>
            <kbd>Esc</kbd>
          </dt>
          <dd>Closes a task</dd>
        </div>
      </dl>
    </section>
  );
}

function AboutSection() {
  const { wardline } = useClient();
  const [about, setAbout] = useState<About>();
  const [files, setFiles] = useState('');
  const [newer, setNewer] = useState(false);
  useEffect(() => {
    wardline.about().then(setAbout, () => undefined);
    appFiles().then(setFiles, () => undefined);
    newerIsReady().then(setNewer, () => undefined);
  }, []);
  if (!about) return null;
  return (
    <section aria-labelledby="more-about">
      <h2 id="more-about">About</h2>
      <dl class="kv">
        <div>
          <dt>Version</dt>
          <dd>
            {about.version}
            {newer && '. A newer Wardline is ready: it starts at the next lock.'}
          </dd>
        </div>
        <div>
          <dt>This app</dt>
          <dd class="mono">{inGroups(files || about.assets)}</dd>
        </div>
      </dl>
    </section>
  );
}

/** What this device pinned when it was set up, to compare with the sheets that hang on the wall (P3). */
function WhoseServer({ organisation }: { organisation: string }) {
  const { wardline } = useClient();
  const [about, setAbout] = useState<About>();
  useEffect(() => {
    wardline.about().then(setAbout, () => undefined);
  }, []);
  if (!about || about.manifest.version === 0) return null;
  const { version, fingerprint, seats, needed, earlier } = about.manifest;
  return (
    <section aria-labelledby="more-whose">
      <h2 id="more-whose">Whose server this is</h2>
      <p class="small">
        {organisation}’s, if these groups are the ones on your organisation’s sheets. This device remembers them, and
        takes a later version only with your officers’ signatures.
      </p>
      <Fingerprint hex={fingerprint} />
      <p class="small muted">
        Manifest version {version}. {seats} officers answer for it; {needed} of them together can open what the law asks
        for.
      </p>
      {earlier.length > 0 && (
        <details class="small">
          <summary>Earlier versions</summary>
          {earlier.map((each) => (
            <div key={each.version}>
              <p class="small muted">Version {each.version}</p>
              <Fingerprint hex={each.fingerprint} />
            </div>
          ))}
        </details>
      )}
    </section>
  );
}

const inGroups = (hex: string): string => (hex.match(/.{1,4}/g) ?? []).join(' ');
