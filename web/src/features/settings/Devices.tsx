/** Where you are signed in: each device, what is known of it, and ending what is not in your hands (R22, R48). */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { OwnDevice } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { WarningIcon } from '../../ui/icons/tools.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useProof } from '../lock/proof.tsx';
import { useClient } from '../session/client.ts';
import { EndDevice } from './EndDevice.tsx';
import { agreedWords, firstWords, kindWords, lastWords, postureWords, sortDevices, twiceWords } from './deviceWords.ts';

type Asking = { what: 'end'; device: OwnDevice } | { what: 'others' };

export function Devices() {
  const client = useClient();
  const [devices, setDevices] = useState<OwnDevice[]>();
  const [fault, setFault] = useState<Fault>();
  const [asking, setAsking] = useState<Asking>();
  const [done, setDone] = useState('');
  const load = useCallback(() => {
    setFault(undefined);
    client.wardline.ownDevices().then(setDevices, (thrown: unknown) => setFault(asFault(thrown)));
  }, []);
  const online = client.connection.value.state === 'online';
  useEffect(load, [load, online]);

  // Empty words: something was done, and a bar says the rest.
  const close = (said?: string) => {
    setAsking(undefined);
    if (said === undefined) return;
    setDone(said);
    load();
  };
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
      <p role="status" class={done ? '' : 'vh'}>
        {done}
      </p>
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
      {asking?.what === 'end' && <EndDevice device={asking.device} onClose={close} />}
      {asking?.what === 'others' && <EndOthers onClose={close} />}
    </section>
  );
}

function DeviceRow({ device, onEnd }: { device: OwnDevice; onEnd?: () => void }) {
  const now = useClient().now.value;
  const name = device.label || kindWords[device.kind];
  return (
    <li class="devices__d">
      <h3>
        {name} {device.current && <span class="tag devices__here">This device</span>}
      </h3>
      <p class="small">
        {device.label && `${kindWords[device.kind]}. `}
        {lastWords(device, now)}
      </p>
      <p class="small muted">
        {[firstWords(device, now), postureWords(device), agreedWords(device, now)].filter(Boolean).join(' ')}
      </p>
      {twiceWords(device, now) && (
        <p class="devices__twice small">
          <WarningIcon />
          <span>{twiceWords(device, now)}</span>
        </p>
      )}
      {onEnd && !device.current && (
        <button type="button" class="btn btn--s" aria-label={`Sign out there, lost or stolen: ${name}`} onClick={onEnd}>
          Sign out there, lost or stolen
        </button>
      )}
    </li>
  );
}

/** Everywhere else at once: the devices stay, and may sign in again. */
function EndOthers({ onClose }: { onClose: (done?: string) => void }) {
  const client = useClient();
  const task = useTask();
  const [passkeys, setPasskeys] = useState(false);
  const { withProof, sheet } = useProof(passkeys);
  useEffect(() => {
    client.wardline.listUnlockers().then(
      ({ ways }) => setPasskeys(ways.some(({ kind }) => kind === 'passkey')),
      () => undefined,
    );
  }, []);
  const act = () =>
    task.run(async () => {
      const { ended } = await withProof(() => client.wardline.endOtherSessions());
      onClose(ended ? `Signed out in ${plural(ended, 'other place')}.` : 'You were signed in nowhere else.');
    });
  return (
    <Sheet
      title="Sign out everywhere else"
      onClose={() => onClose()}
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={() => onClose()}>
            Not now
          </button>
          <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={act}>
            Sign out everywhere else
          </button>
        </div>
      }
    >
      <p>
        Wardline closes at once on every other device. They stay your devices: you can sign in there again with your
        password and a code.
      </p>
      <p>
        <b>Lost or stolen?</b> Choose that device in the list instead: then you get new keys as well.
      </p>
      <FaultBox fault={task.fault} />
      {sheet}
    </Sheet>
  );
}
