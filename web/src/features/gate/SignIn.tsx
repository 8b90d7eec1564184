/** Signing in: name and password, then the code; on a browser that is not known yet, also whose device it is. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { FaultBox } from '../../ui/fault.tsx';
import { focusFirstError, TextField } from '../../ui/fields.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { type DeviceState, DeviceChoice, deviceIsReady } from './DeviceChoice.tsx';
import { Frame } from './Frame.tsx';

export function SignIn({ organisation, demonstration }: { organisation: string; demonstration: boolean }) {
  const client = useClient();
  const task = useTask();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [deviceKnown, setDeviceKnown] = useState<boolean>();
  const [code, setCode] = useState('');
  const [device, setDevice] = useState<DeviceState>({ kind: undefined, agreed: false });
  const [tried, setTried] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const digits = code.replace(/\s/g, '');
  useEffect(() => {
    if (deviceKnown !== undefined) heading.current?.focus();
  }, [deviceKnown]);

  if (deviceKnown === undefined) {
    return (
      <Frame
        demonstration={demonstration}
        onSubmit={() => {
          setTried(true);
          focusFirstError();
          if (!username.trim() || !password) return;
          task.run(async () => {
            const answer = await client.wardline.signIn({ username: username.trim(), password });
            setPassword('');
            setTried(false);
            setDeviceKnown(answer.deviceKnown);
          });
        }}
        foot={
          <button type="submit" class="btn btn--main btn--wide" aria-disabled={task.busy}>
            {task.busy ? 'Checking…' : 'Go on'}
          </button>
        }
      >
        <div class="stack">
          <h1>Sign in</h1>
          <p class="lead">{organisation}</p>
        </div>
        <TextField
          label="User name"
          autocomplete="username"
          value={username}
          onInput={setUsername}
          error={tried && !username.trim() ? 'Enter your user name' : undefined}
        />
        <TextField
          label="Password"
          type="password"
          autocomplete="current-password"
          value={password}
          onInput={setPassword}
          error={tried && !password ? 'Enter your password' : undefined}
        />
        <FaultBox fault={task.fault} />
        <p class="small muted">
          New here? Open the one-time link that the service desk gave you. Forgotten your password? Call the service
          desk.
        </p>
      </Frame>
    );
  }

  return (
    <Frame
      demonstration={demonstration}
      onSubmit={() => {
        setTried(true);
        focusFirstError();
        if (!/^\d{6}$/.test(digits) || (!deviceKnown && !deviceIsReady(device))) return;
        task.run(async () => {
          try {
            await client.wardline.signInCode({
              code: digits,
              ...(deviceKnown || !device.kind ? {} : { device: device.kind }),
              agreementAccepted: device.agreed,
            });
          } catch (thrown) {
            setCode('');
            setTried(false);
            throw thrown;
          }
          await client.load();
        });
      }}
      foot={
        <>
          <button type="submit" class="btn btn--main btn--wide" aria-disabled={task.busy}>
            {task.busy ? 'Opening your messages…' : 'Sign in'}
          </button>
          <button
            type="button"
            class="btn btn--quiet btn--wide"
            onClick={() => {
              task.clear();
              setDeviceKnown(undefined);
            }}
          >
            Back
          </button>
        </>
      }
    >
      <div class="stack">
        <h1 ref={heading} tabIndex={-1}>
          Enter your code
        </h1>
        <p>Open your code app and read the six digits for Wardline.</p>
      </div>
      <TextField
        label="Code"
        value={code}
        onInput={setCode}
        inputMode="numeric"
        autocomplete="one-time-code"
        maxLength={7}
        width={10}
        code
        error={tried && !/^\d{6}$/.test(digits) ? 'Enter the six digits' : undefined}
      />
      {!deviceKnown && <DeviceChoice value={device} onChange={setDevice} tried={tried} />}
      <FaultBox fault={task.fault} />
    </Frame>
  );
}
