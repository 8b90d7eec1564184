/** Where you are signed in: each device, what is known of it, and ending what is not in your hands (R22, R48). */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { OwnDevice } from '../../core/contract.ts';
import { plural, whenInWords } from '../../ui/dates.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { TextField } from '../../ui/fields.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { agreedWords, firstWords, kindWords, lastWords, postureWords, sortDevices } from './deviceWords.ts';

type Asking = { what: 'end'; device: OwnDevice } | { what: 'others' };

export function Devices() {
  const client = useClient();
  const [devices, setDevices] = useState<OwnDevice[]>();
  const [fault, setFault] = useState<Fault>();
  const [asking, setAsking] = useState<Asking>();
  const load = useCallback(() => {
    setFault(undefined);
    client.wardline.ownDevices().then(setDevices, (thrown: unknown) => setFault(asFault(thrown)));
  }, []);
  const online = client.connection.value.state === 'online';
  useEffect(load, [load, online]);

  const now = client.now.value;
  const { using, ended } = sortDevices(devices ?? [], now);
  return (
    <section aria-labelledby="more-devices" class="devices">
      <h2 id="more-devices">Your devices</h2>
      {fault && (
        <>
          <FaultBox fault={fault} />
          <button type="button" class="btn" onClick={load}>
            Try again
          </button>
        </>
      )}
      {!devices && !fault && <p class="muted">Looking up your devices…</p>}
      {devices && (
        <ul class="devices__l">
          {using.map((device) => (
            <DeviceRow key={device.id} device={device} onEnd={() => setAsking({ what: 'end', device })} />
          ))}
        </ul>
      )}
      {devices && using.length < 2 && <p class="muted">You are signed in nowhere else.</p>}
      {using.some(({ current, signedIn }) => !current && signedIn > 0) && (
        <button type="button" class="btn" onClick={() => setAsking({ what: 'others' })}>
          Sign out everywhere else
        </button>
      )}
      {ended.length > 0 && (
        <details class="small">
          <summary>{plural(ended.length, 'device')} no longer in use</summary>
          <ul class="devices__l">
            {ended.map((device) => (
              <DeviceRow key={device.id} device={device} />
            ))}
          </ul>
        </details>
      )}
      {asking && (
        <Confirm
          asking={asking}
          onClose={(done) => {
            setAsking(undefined);
            if (done) load();
          }}
        />
      )}
    </section>
  );
}

function DeviceRow({ device, onEnd }: { device: OwnDevice; onEnd?: () => void }) {
  const now = useClient().now.value;
  const name = device.label || kindWords[device.kind];
  return (
    <li class="devices__d">
      <h3>
        {name}
        {device.current && <b class="devices__here"> This device</b>}
      </h3>
      <p class="small">
        {device.label && `${kindWords[device.kind]}. `}
        {lastWords(device, now)}
      </p>
      <p class="small muted">
        {[firstWords(device, now), postureWords(device), agreedWords(device, now)].filter(Boolean).join(' ')}
      </p>
      {onEnd && !device.current && (
        <button type="button" class="btn btn--s" aria-label={`Sign out there: ${name}`} onClick={onEnd}>
          Sign out there
        </button>
      )}
    </li>
  );
}

function Confirm({ asking, onClose }: { asking: Asking; onClose: (done: boolean) => void }) {
  const client = useClient();
  const task = useTask();
  const all = asking.what === 'others';
  const title = all ? 'Sign out everywhere else' : 'Sign out there';
  const now = client.now.value;
  const [password, setPassword] = useState('');
  // Signed in for a while: whoever is at the keyboard shows that it is still the same person.
  const [proving, setProving] = useState(false);
  useEffect(() => {
    if (task.fault?.code === 'proof_needed') setProving(true);
  }, [task.fault]);
  const act = () =>
    task.run(async () => {
      if (proving) {
        await client.wardline.prove({ password });
        setPassword('');
        setProving(false);
      }
      if (all) {
        const { ended } = await client.wardline.endOtherSessions();
        client.announce(ended ? `Signed out in ${plural(ended, 'other place')}` : 'You were signed in nowhere else');
      } else {
        await client.wardline.endDevice({ device: asking.device.id, reason: 'signed-out' });
        client.announce('Signed out there');
      }
      onClose(true);
    });
  return (
    <Sheet
      title={title}
      subtitle={all ? undefined : asking.device.label || kindWords[asking.device.kind]}
      onClose={() => onClose(false)}
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={() => onClose(false)}>
            Not now
          </button>
          <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={act}>
            {title}
          </button>
        </div>
      }
    >
      {all ? (
        <p>
          Wardline closes at once on every other device. They stay your devices: you can sign in there again with your
          password and a code.
        </p>
      ) : (
        <>
          <p>
            Wardline closes there at once, and the keys of that device stop counting. To use it again you sign in with
            your password and a code, and it becomes a new device. It was used{' '}
            {whenInWords(asking.device.lastUsed, now)}.
          </p>
          <p>What was read there cannot be taken back. What was said from there stays.</p>
          <p>
            <b>Lost or stolen?</b> Sign it out here now, then call the service desk: somebody may have seen what was
            open, and your keys have to be renewed.
          </p>
        </>
      )}
      {proving && (
        <TextField
          label="Your password"
          type="password"
          autocomplete="current-password"
          value={password}
          onInput={setPassword}
          autofocus
        />
      )}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}
