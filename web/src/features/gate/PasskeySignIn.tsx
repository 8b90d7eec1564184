/** Signing in with a passkey: it is both factors. A new browser says whose device it is; a passkey that cannot open asks the password. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { FaultBox } from '../../ui/fault.tsx';
import { focusFirstError, TextField } from '../../ui/fields.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { type DeviceState, DeviceChoice, deviceIsReady } from './DeviceChoice.tsx';
import { Frame } from './Frame.tsx';

export function PasskeySignIn({ demonstration, onBack }: { demonstration: boolean; onBack: () => void }) {
  const client = useClient();
  const task = useTask();
  const [asks, setAsks] = useState<{ device: boolean; password: boolean }>();
  const [device, setDevice] = useState<DeviceState>({ kind: undefined, agreed: false });
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [asks]);

  function begin() {
    task.run(async () => {
      const { usePasskey } = await import('../../platform/passkey.ts');
      const answer = await usePasskey(await client.wardline.passkeyOptions({ for: 'sign-in' }));
      const { deviceKnown, password: needed } = await client.wardline
        .passkeySignIn(answer)
        .finally(() => answer.prf?.fill(0));
      if (deviceKnown && !needed) {
        await client.wardline.finishPasskeySignIn({ agreementAccepted: false });
        await client.load();
        return;
      }
      setAsks({ device: !deviceKnown, password: needed });
    });
  }
  useEffect(begin, []);

  function finish() {
    setTried(true);
    focusFirstError();
    if (asks?.device && !deviceIsReady(device)) return;
    if (asks?.password && password === '') return;
    task.run(async () => {
      try {
        await client.wardline.finishPasskeySignIn({
          ...(asks?.password ? { password } : {}),
          ...(device.kind ? { device: device.kind } : {}),
          agreementAccepted: device.agreed,
        });
      } catch (thrown) {
        setPassword('');
        setTried(false);
        if ((thrown as { code?: unknown }).code === 'passkey_without_key') {
          setAsks({ device: asks?.device ?? false, password: true });
        }
        throw thrown;
      }
      await client.load();
    });
  }

  return (
    <Frame
      demonstration={demonstration}
      onSubmit={asks ? finish : begin}
      foot={
        <>
          <button type="submit" class="btn btn--main btn--wide" aria-disabled={task.busy}>
            {asks ? (task.busy ? 'Opening your messages…' : 'Sign in') : task.busy ? 'Waiting…' : 'Try again'}
          </button>
          <button type="button" class="btn btn--quiet btn--wide" onClick={onBack}>
            Back
          </button>
        </>
      }
    >
      <div class="stack">
        <h1 ref={heading} tabIndex={-1}>
          {asks?.device ? 'This device' : 'Sign in with a passkey'}
        </h1>
        {!asks && task.busy && (
          <p role="status">Follow what your device asks: a fingerprint, a face or its screen lock.</p>
        )}
        {asks?.device && <p>Your passkey is right. You have not signed in here before.</p>}
      </div>
      {asks?.device && <DeviceChoice value={device} onChange={setDevice} tried={tried} />}
      {asks?.password && (
        <>
          <p>This passkey proved that it is you, but it cannot open your messages. Your password does.</p>
          <TextField
            label="Password"
            type="password"
            autocomplete="current-password"
            value={password}
            onInput={setPassword}
            error={tried && !password ? 'Enter your password' : undefined}
          />
        </>
      )}
      <FaultBox fault={task.fault} />
    </Frame>
  );
}
