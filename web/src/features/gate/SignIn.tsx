/**
 * Signing in: name and password; on a browser that is not known yet, whose device it is; then the code. The code comes last, because it
 * is good for half a minute only: once its six digits are written, Enter signs in.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { browserHasPasskeys } from '../../platform/browser.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { focusFirstError, TextField } from '../../ui/fields.tsx';
import { Fetching, part, usePart } from '../../ui/part.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { type DeviceState, DeviceChoice, deviceIsReady } from './DeviceChoice.tsx';
import { Frame } from './Frame.tsx';

type Props = { organisation: string; demonstration: boolean; passkeys?: boolean };

const passkeyPart = part(async () => (await import('./PasskeySignIn.tsx')).PasskeySignIn);

export function SignIn(props: Props) {
  const [byPasskey, setByPasskey] = useState(false);
  const [returned, setReturned] = useState(false);
  const { passkeys = false, demonstration } = props;
  if (byPasskey) {
    const back = () => {
      setReturned(true);
      setByPasskey(false);
    };
    return <ByPasskey demonstration={demonstration} onBack={back} />;
  }
  const offered = passkeys && browserHasPasskeys();
  return <ByPassword {...props} returned={returned} onPasskey={offered ? () => setByPasskey(true) : undefined} />;
}

function ByPasskey(props: { demonstration: boolean; onBack: () => void }) {
  const { View, ...waiting } = usePart(passkeyPart);
  if (View) return <View {...props} />;
  return (
    <Frame
      demonstration={props.demonstration}
      onSubmit={props.onBack}
      foot={<button class="btn btn--quiet btn--wide">Back</button>}
    >
      <h1>Sign in with a passkey</h1>
      <Fetching {...waiting} />
    </Frame>
  );
}

type ByPasswordProps = Props & {
  /** From the passkey, whose "Back" is gone now. */
  returned: boolean;
  onPasskey: (() => void) | undefined;
};

function ByPassword({ organisation, demonstration, returned, onPasskey }: ByPasswordProps) {
  const client = useClient();
  const task = useTask();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [deviceKnown, setDeviceKnown] = useState<boolean>();
  const [code, setCode] = useState('');
  const [device, setDevice] = useState<DeviceState>({ kind: undefined, agreed: false });
  const [deviceGiven, setDeviceGiven] = useState(false);
  const [tried, setTried] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const digits = code.replace(/\s/g, '');
  const moved = useRef(returned);
  useEffect(() => {
    if (moved.current) heading.current?.focus();
    moved.current = true;
  }, [deviceKnown, deviceGiven]);

  function back() {
    task.clear();
    setTried(false);
    setCode('');
    if (deviceGiven) setDeviceGiven(false);
    else setDeviceKnown(undefined);
  }

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
          <>
            <button type="submit" class="btn btn--main btn--wide" aria-disabled={task.busy}>
              {task.busy ? 'Checking…' : 'Go on'}
            </button>
            {onPasskey && (
              <button type="button" class="btn btn--wide" onClick={onPasskey}>
                Sign in with a passkey
              </button>
            )}
          </>
        }
      >
        <div class="stack">
          <h1 ref={heading} tabIndex={-1}>
            Sign in
          </h1>
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
          desk. <a href="#/policies">Policies</a>
        </p>
      </Frame>
    );
  }

  const goBack = (
    <button type="button" class="btn btn--quiet btn--wide" onClick={back}>
      Back
    </button>
  );

  if (!deviceKnown && !deviceGiven) {
    return (
      <Frame
        demonstration={demonstration}
        onSubmit={() => {
          setTried(true);
          focusFirstError();
          if (!deviceIsReady(device)) return;
          setTried(false);
          setDeviceGiven(true);
        }}
        foot={
          <>
            <button type="submit" class="btn btn--main btn--wide">
              Go on
            </button>
            {goBack}
          </>
        }
      >
        <div class="stack">
          <h1 ref={heading} tabIndex={-1}>
            This device
          </h1>
          <p>You have not signed in here before. Your code comes next.</p>
        </div>
        <DeviceChoice value={device} onChange={setDevice} tried={tried} />
      </Frame>
    );
  }

  return (
    <Frame
      demonstration={demonstration}
      onSubmit={() => {
        setTried(true);
        focusFirstError();
        if (!/^\d{6}$/.test(digits)) return;
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
          {goBack}
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
      <FaultBox fault={task.fault} />
    </Frame>
  );
}
