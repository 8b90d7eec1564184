/**
 * Enrolment from a one-time link: who this is, a password, whose device, and the code app. Opening the link spends nothing; only the
 * last step does.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Enrolment } from '../../core/contract.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { Check, focusFirstError, TextField } from '../../ui/fields.tsx';
import { DeviceIcon, KeyIcon, LockIcon } from '../../ui/icons/tools.tsx';
import { Fingerprint } from '../../ui/Fingerprint.tsx';
import { QrCode } from '../../ui/QrCode.tsx';
import { useTask } from '../../ui/useTask.ts';
import { NoticePoints } from '../compose/Notice.tsx';
import { roleAndWard } from '../people/words.ts';
import { useClient } from '../session/client.ts';
import { type DeviceState, DeviceChoice, deviceIsReady } from './DeviceChoice.tsx';
import { AppLock } from './AppLock.tsx';
import { Frame, Steps } from './Frame.tsx';
import { passwordProblem } from './password.ts';

type Props = {
  link: { token: string; manifestFingerprint: string };
  demonstration: boolean;
  onBegun: () => void;
  onDone: () => void;
};

const steps = ['You', 'Password', 'This device', 'Code app', 'App lock'];
const headings = ['Is this you?', 'Choose a password', 'This device', 'Add Wardline to your code app'];

export function Enrol({ link, demonstration, onBegun, onDone }: Props) {
  const client = useClient();
  const task = useTask();
  const [enrolment, setEnrolment] = useState<Enrolment>();
  const [fault, setFault] = useState<Fault>();
  const [step, setStep] = useState(0);
  const [tried, setTried] = useState(false);
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [device, setDevice] = useState<DeviceState>({ kind: undefined, agreed: false });
  const [noticed, setNoticed] = useState(false);
  const [code, setCode] = useState('');
  const [enrolled, setEnrolled] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  // The worker says it once the session has begun; before, nobody asks.
  const passkeys = client.session.value?.passkeys === true;
  const digits = code.replace(/\s/g, '');

  useEffect(() => {
    client.wardline.startEnrolment(link).then(setEnrolment, (thrown: unknown) => setFault(asFault(thrown)));
  }, [link]);
  const moved = useRef(false);
  useEffect(() => {
    if (moved.current) heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [step]);

  if (!enrolment) {
    return (
      <Frame
        demonstration={demonstration}
        onSubmit={onDone}
        foot={fault && <button class="btn btn--wide">Go to sign-in</button>}
      >
        <h1>Set up Wardline</h1>
        <FaultBox fault={fault} />
        {!fault && <p role="status">Reading your link…</p>}
      </Frame>
    );
  }

  if (enrolled) {
    const leave = () => {
      onDone();
      void client.load();
    };
    return <AppLock steps={steps} demonstration={demonstration} passkeys={passkeys} onDone={leave} />;
  }

  const passwordError = passwordProblem(password, again, enrolment);
  const ready = [true, passwordError === undefined, deviceIsReady(device) && noticed, /^\d{6}$/.test(digits)];

  function next() {
    setTried(true);
    focusFirstError();
    if (!ready[step]) return;
    setTried(false);
    if (step < 3) {
      moved.current = true;
      setStep(step + 1);
      return;
    }
    // The session begins with the answer; what is left of this is still to be shown then.
    onBegun();
    task.run(async () => {
      try {
        await client.wardline.completeEnrolment({
          password,
          code: digits,
          device: device.kind ?? 'trust',
          agreementAccepted: device.agreed,
          noticeAccepted: noticed,
        });
      } catch (thrown) {
        setCode('');
        throw thrown;
      }
      setPassword('');
      setAgain('');
      setEnrolled(true);
    });
  }

  return (
    <Frame
      demonstration={demonstration}
      onSubmit={next}
      foot={
        <>
          <button type="submit" class="btn btn--main btn--wide" aria-disabled={task.busy}>
            {step === 0
              ? 'Yes, this is me'
              : step < 3
                ? 'Go on'
                : task.busy
                  ? 'Making your keys, a few seconds…'
                  : 'Finish'}
          </button>
          {step > 0 && (
            <button
              type="button"
              class="btn btn--quiet btn--wide"
              onClick={() => {
                task.clear();
                setTried(false);
                setStep(step - 1);
              }}
            >
              Back
            </button>
          )}
        </>
      }
    >
      <Steps names={steps} current={step} />
      <div class="stack">
        <p class="small muted">
          Step {step + 1} of {steps.length}
        </p>
        <h1 ref={heading} tabIndex={-1}>
          {headings[step]}
        </h1>
      </div>
      {step === 0 && <WhoStep enrolment={enrolment} />}
      {step === 1 && (
        <>
          <p>It opens your messages on every device. Nobody at the service desk can read it or look it up.</p>
          <TextField
            label="Password"
            hint={`At least ${enrolment.minPasswordLength} characters. Three or four words in a row are good.`}
            type="password"
            autocomplete="new-password"
            value={password}
            onInput={setPassword}
            error={tried && passwordError?.field === 'password' ? passwordError.text : undefined}
          />
          <TextField
            label="The same again"
            type="password"
            autocomplete="new-password"
            value={again}
            onInput={setAgain}
            error={tried && passwordError?.field === 'again' ? passwordError.text : undefined}
          />
          <p class="small muted">
            Your user name is <b>{enrolment.username}</b>.
          </p>
        </>
      )}
      {step === 2 && (
        <>
          <DeviceChoice value={device} onChange={setDevice} tried={tried} />
          <section aria-labelledby="enrol-notice">
            <h2 id="enrol-notice">Before you write anything</h2>
            <NoticePoints />
            <div class={tried && !noticed ? 'consent consent--missing enrol__consent' : 'consent enrol__consent'}>
              <Check
                checked={noticed}
                onChange={setNoticed}
                describedBy={tried && !noticed ? 'notice-error' : undefined}
              >
                I have read this
              </Check>
            </div>
            {tried && !noticed && (
              <span class="nhsuk-error-message" id="notice-error">
                <span class="vh">Error: </span>Read it and tick
              </span>
            )}
          </section>
        </>
      )}
      {step === 3 && (
        <CodeStep enrolment={enrolment}>
          <TextField
            label="Code"
            hint="The six digits that the app shows now"
            value={code}
            onInput={setCode}
            inputMode="numeric"
            autocomplete="one-time-code"
            maxLength={7}
            width={10}
            code
            error={tried && !/^\d{6}$/.test(digits) ? 'Enter the six digits' : undefined}
          />
        </CodeStep>
      )}
      <FaultBox fault={task.fault} />
    </Frame>
  );
}

function WhoStep({ enrolment }: { enrolment: Enrolment }) {
  const { person, manifest } = enrolment;
  return (
    <>
      <dl class="kv">
        <div>
          <dt>Name</dt>
          <dd>
            <b>{person.name}</b>
          </dd>
        </div>
        <div>
          <dt>Role</dt>
          <dd>{roleAndWard(person)}</dd>
        </div>
        <div>
          <dt>At</dt>
          <dd>{enrolment.organisation}</dd>
        </div>
      </dl>
      <section class="card pinned" aria-labelledby="enrol-pinned">
        <h2 id="enrol-pinned">Compare this with your sheet</h2>
        <Fingerprint hex={manifest.fingerprint} />
        <p class="small">
          Your organisation’s posters have it too. When every group is the same, this is your organisation’s server and
          nobody else’s. If one differs, stop here and tell the service desk.
        </p>
        {manifest.newest > manifest.version && (
          <p class="small muted">
            Your officers have signed version {manifest.newest} since this link was made, and it follows from this one.
            This device remembers both.
          </p>
        )}
      </section>
      <ul class="list card">
        <li class="who">
          <KeyIcon size="l" />
          <span class="who__t">
            <b>Your keys are made on this device</b>
            <span>Only the people in a thread can read it</span>
          </span>
        </li>
        <li class="who">
          <DeviceIcon size="l" />
          <span class="who__t">
            <b>You need a code app</b>
            <span>Any app that makes six-digit codes, on a phone</span>
          </span>
        </li>
        <li class="who">
          <LockIcon size="l" />
          <span class="who__t">
            <b>It locks when it is not used</b>
            <span>Messages leave memory when it does</span>
          </span>
        </li>
      </ul>
      <p class="small muted">Not you? Close this page and tell the service desk. The link has not been used yet.</p>
    </>
  );
}

function CodeStep({ enrolment, children }: { enrolment: Enrolment; children: ComponentChildren }) {
  const { secret, uri } = enrolment.totp;
  return (
    <div class="codes">
      <div class="stack">
        <QrCode text={uri} label="QR code for your code app. The key beside it does the same." />
        <p class="small muted">Scan it with the code app, not with the camera.</p>
      </div>
      <div class="stack">
        <div class="small">
          <p>
            <b>Cannot scan?</b> Type this key into the app:
          </p>
          <p class="mono">{(secret.match(/.{1,4}/g) ?? []).join(' ')}</p>
          <p>
            <a href={uri}>Open in a code app on this device</a>
          </p>
        </div>
        {children}
      </div>
    </div>
  );
}
